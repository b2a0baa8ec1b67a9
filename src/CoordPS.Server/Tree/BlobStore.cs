using System.Buffers.Binary;
using System.Numerics;

namespace CoordPS.Server;

/// <summary>
/// The names and data of znodes, in slabs of a megabyte with a free list for each size: a znode costs no object and the garbage
/// collector has nothing to trace, however many there are. One writer; readers may read a block that is being freed or reused, and
/// find out afterwards by the sequence of the node it belonged to.
/// </summary>
internal sealed class BlobStore
{
    private const int SlabSize = 1 << 20;
    private const int UnitBits = 3;
    private const int UnitsPerSlabBits = 20 - UnitBits;

    /// <summary>Blocks in steps of a unit up to this size, in eighths of a power of two above it.</summary>
    private const int SmallLimit = 1024;

    /// <summary>What is larger has an array of its own.</summary>
    private const int SlabLimit = SlabSize / 8;

    private const uint LargeFlag = 0x8000_0000;

    private readonly uint[] _free = new uint[256];
    private readonly Stack<int> _freeLarge = new();
    private byte[][] _slabs = [[]];
    private byte[]?[] _large = new byte[]?[16];
    private int _largeCount;
    private int _slabCount = 1;
    private int _position = SlabSize;

    /// <summary>Copies bytes into a block; 0 for none.</summary>
    public uint Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return 0;
        if (bytes.Length > SlabLimit)
            return AddLarge(bytes);
        int index = ClassOf(bytes.Length, out int size);
        uint address = _free[index];
        if (address != 0)
            _free[index] = BinaryPrimitives.ReadUInt32LittleEndian(Block(address, sizeof(uint)));
        else
            address = Carve(size);
        bytes.CopyTo(Block(address, bytes.Length));
        return address;
    }

    /// <summary>Gives up a block of the length that it was added with.</summary>
    public void Free(uint address, int length)
    {
        if (address == 0)
            return;
        if ((address & LargeFlag) != 0)
        {
            int index = (int)(address & ~LargeFlag);
            Volatile.Write(ref _large[index], null);
            _freeLarge.Push(index);
            return;
        }

        int sizeClass = ClassOf(length, out _);
        BinaryPrimitives.WriteUInt32LittleEndian(Block(address, sizeof(uint)), _free[sizeClass]);
        _free[sizeClass] = address;
    }

    /// <summary>The bytes of a block. An address and a length that do not belong together, which only a racing reader has, give none.</summary>
    public ReadOnlySpan<byte> Read(uint address, int length)
    {
        if (length <= 0 || address == 0)
            return default;
        if ((address & LargeFlag) != 0)
        {
            byte[]?[] large = Volatile.Read(ref _large);
            uint index = address & ~LargeFlag;
            return index < (uint)large.Length && Volatile.Read(ref large[index]) is { } own && own.Length == length ? own : default;
        }

        byte[][] slabs = Volatile.Read(ref _slabs);
        uint slab = address >> UnitsPerSlabBits;
        int offset = (int)(address & ((1 << UnitsPerSlabBits) - 1)) << UnitBits;
        return slab < (uint)slabs.Length && offset + length <= slabs[slab].Length ? slabs[slab].AsSpan(offset, length) : default;
    }

    private static int ClassOf(int length, out int size)
    {
        if (length <= SmallLimit)
        {
            int units = (length + (1 << UnitBits) - 1) >> UnitBits;
            size = units << UnitBits;
            return units;
        }

        int power = BitOperations.Log2((uint)(length - 1));
        int step = 1 << (power - 3);
        int eighths = (length - (1 << power) + step - 1) / step;
        size = (1 << power) + (eighths * step);
        return (SmallLimit >> UnitBits) + ((power - 10) * 8) + eighths;
    }

    private Span<byte> Block(uint address, int length) =>
        _slabs[address >> UnitsPerSlabBits].AsSpan((int)(address & ((1 << UnitsPerSlabBits) - 1)) << UnitBits, length);

    private uint Carve(int size)
    {
        if (SlabSize - _position < size)
        {
            if (_slabCount == _slabs.Length)
            {
                byte[][] slabs = new byte[Math.Max(16, _slabs.Length * 2)][];
                _slabs.CopyTo(slabs, 0);
                Array.Fill(slabs, [], _slabCount, slabs.Length - _slabCount);
                Volatile.Write(ref _slabs, slabs);
            }

            Volatile.Write(ref _slabs[_slabCount++], GC.AllocateUninitializedArray<byte>(SlabSize));
            // The first unit of a slab is no block's, so that no address is 0.
            _position = 1 << UnitBits;
        }

        uint address = ((uint)(_slabCount - 1) << UnitsPerSlabBits) | (uint)(_position >> UnitBits);
        _position += size;
        return (address & LargeFlag) == 0
            ? address
            : throw new InvalidOperationException("The tree holds 16 GiB of names and data, more than it can address.");
    }

    private uint AddLarge(ReadOnlySpan<byte> bytes)
    {
        if (!_freeLarge.TryPop(out int index))
        {
            if (_largeCount == _large.Length)
            {
                byte[]?[] larger = new byte[]?[_large.Length * 2];
                _large.CopyTo(larger, 0);
                Volatile.Write(ref _large, larger);
            }

            index = _largeCount++;
        }

        byte[] own = GC.AllocateUninitializedArray<byte>(bytes.Length);
        bytes.CopyTo(own);
        Volatile.Write(ref _large[index], own);
        return (uint)index | LargeFlag;
    }
}
