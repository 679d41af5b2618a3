"""Detections: pure rules over what was counted or noted."""
