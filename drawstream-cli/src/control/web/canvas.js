// The canvas: hears changed pixels and puts them on an HTML canvas, one canvas pixel for one of the painting's.
// Enlarging is left to CSS (`image-rendering: pixelated`), so that it is crisp at any size.

import { socket } from "./link.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Shows the canvas of the show on `element`. `onChange` is told its size, the brush and the colours. Where `soft`, a
 * picture that gives way to another one fades away over it.
 */
export function showCanvas(element, onChange, { soft = false } = {}) {
  const context = element.getContext("2d", { alpha: false, willReadFrequently: true });
  let colors = [];
  let image = null;
  let dabs = [];

  const leave = () => {
    const before = document.createElement("canvas");
    [before.width, before.height, before.className] = [element.width, element.height, "leaving"];
    before.getContext("2d").drawImage(element, 0, 0);
    before.addEventListener("animationend", () => before.remove());
    element.after(before);
  };

  const hear = (buffer) => {
    if (buffer.byteLength === 0) return;
    const bytes = new Uint8Array(buffer);
    let at = 0;
    const number = () => {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++];
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) return value >>> 0;
      }
    };
    // Red in the lowest byte, as ImageData lies in memory.
    const rgb = () => (bytes[at++] | (bytes[at++] << 8) | (bytes[at++] << 16) | 0xff000000) >>> 0;

    let known = image !== null;
    if (bytes[at++] === 1) {
      const [width, height] = [number(), number()];
      known &&= width === image.width && height === image.height;
      colors = [];
      image = width && height ? new ImageData(width, height) : null;
      // Setting a size, also the same, empties the element.
      if (!known) [element.width, element.height] = [width || 1, height || 1];
    }
    for (let count = number(); count > 0; count--) colors.push(rgb());
    const pixels = image && new Uint32Array(image.data.buffer);
    const runs = number();
    let [place, painted, top, bottom] = [0, 0, Infinity, -1];
    for (let run = 0; run < runs; run++) {
      place += number();
      const length = number();
      pixels.fill(colors[number()], place, place + length);
      top = Math.min(top, Math.floor(place / image.width));
      place += length;
      painted += length;
      bottom = Math.max(bottom, Math.floor((place - 1) / image.width));
    }
    const count = number();
    if (count > 0) dabs = [];
    for (let dab = 0; dab < count; dab++) dabs.push({ color: rgb(), touched: bytes[at++] === 1 });
    if (!image) dabs = [];
    let brush = null;
    if (bytes[at++] === 1) brush = { x: number(), y: number(), color: rgb() };
    // No stroke paints so much between two looks.
    if (soft && known && painted > pixels.length / 4 && !still.matches && !document.hidden) leave();
    if (bottom >= 0) context.putImageData(image, 0, 0, 0, top, image.width, bottom - top + 1);
    onChange?.({ width: image?.width ?? 0, height: image?.height ?? 0, brush, dabs });
  };
  socket("/canvas/ws", { onMessage: hear });
}

/** A colour of the messages as CSS has it. */
export function css(color) {
  return `rgb(${color & 255} ${(color >> 8) & 255} ${(color >> 16) & 255})`;
}
