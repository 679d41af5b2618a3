// A page with nothing but a pixel; `asked.src` is its address.
async function run(asked) {
  const image = new Image();
  const loaded = new Promise((done, failed) => Object.assign(image, { onload: done, onerror: failed }));
  image.src = asked.src;
  await loaded;
  return image.naturalWidth === 1 ? [] : ["another image"];
}
