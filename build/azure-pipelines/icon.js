// Draws the extension's icon: three members, the leader filled. usage: node icon.js SIZE FILE
'use strict';
const fs = require('node:fs');
const zlib = require('node:zlib');

const size = Number(process.argv[2]);
const background = [24, 60, 94];
const foreground = [255, 255, 255];
const leader = [244, 180, 26];
const members = [0, 1, 2].map(n => [0.5 + 0.27 * Math.sin(n * 2 * Math.PI / 3), 0.54 - 0.27 * Math.cos(n * 2 * Math.PI / 3)]);

function distanceToLine([x, y], [ax, ay], [bx, by]) {
    const t = Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)));
    return Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay));
}

function color(point) {
    for (const [n, member] of members.entries())
        if (Math.hypot(point[0] - member[0], point[1] - member[1]) < 0.13) return n === 0 ? leader : foreground;
    for (const [n, member] of members.entries())
        if (distanceToLine(point, member, members[(n + 1) % 3]) < 0.025) return foreground;
    return background;
}

// Four by four samples a pixel smooth the edges.
const rows = [];
for (let y = 0; y < size; y++) {
    rows.push(0);
    for (let x = 0; x < size; x++) {
        const sum = [0, 0, 0];
        for (let s = 0; s < 16; s++) color([(x + (s % 4 + 0.5) / 4) / size, (y + (Math.floor(s / 4) + 0.5) / 4) / size]).forEach((v, i) => { sum[i] += v; });
        rows.push(...sum.map(v => Math.round(v / 16)));
    }
}

function chunk(type, data) {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
}

// zlib.crc32 came after the oldest Node 20.
function crc32(data) {
    let crc = ~0;
    for (const byte of data) {
        crc ^= byte;
        for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc >>> 0;
}

const header = Buffer.alloc(13);
header.writeUInt32BE(size, 0);
header.writeUInt32BE(size, 4);
header.set([8, 2, 0, 0, 0], 8);
fs.writeFileSync(process.argv[3], Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', header), chunk('IDAT', zlib.deflateSync(Buffer.from(rows), { level: 9 })), chunk('IEND', Buffer.alloc(0)),
]));
