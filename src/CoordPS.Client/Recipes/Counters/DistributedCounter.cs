using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace CoordPS.Client.Recipes;

/// <summary>
/// A number that many count on: one change never overwrites another. See <see cref="AtomicValue"/> for a change whose answer was lost.
/// </summary>
public sealed class DistributedCounter
{
    private readonly AtomicValue _value;

    /// <summary>A counter at a znode, which is created by the first change; until then it is 0, and so is one whose znode is empty.</summary>
    /// <param name="client">The session.</param>
    /// <param name="path">The znode.</param>
    /// <param name="format">How the number is written; all who use it must agree.</param>
    public DistributedCounter(ZooKeeperClient client, string path, CounterFormat format = CounterFormat.Int64)
    {
        _value = new AtomicValue(client, path);
        Format = format;
    }

    /// <summary>The znode.</summary>
    public string Path => _value.Path;

    /// <summary>How the number is written.</summary>
    public CounterFormat Format { get; }

    /// <summary>Reads the number, with the znode's version (-1 when there is none yet).</summary>
    /// <exception cref="FormatException">The znode holds something else.</exception>
    public async Task<VersionedValue<long>> GetAsync(CancellationToken ct = default)
    {
        VersionedValue<byte[]> value = await _value.GetAsync(ct).ConfigureAwait(false);
        return new VersionedValue<long>(Read(value.Value), value.Version);
    }

    /// <summary>Adds to the number, which may be negative.</summary>
    /// <returns>The sum.</returns>
    /// <exception cref="OverflowException">The sum does not fit; nothing was changed.</exception>
    /// <exception cref="FormatException">The znode holds something else.</exception>
    public async Task<VersionedValue<long>> AddAsync(long delta, CancellationToken ct = default)
    {
        VersionedValue<byte[]> value = await _value.UpdateAsync(current => Write(checked(Read(current) + delta)), ct).ConfigureAwait(false);
        return new VersionedValue<long>(Read(value.Value), value.Version);
    }

    /// <summary>Sets the number whatever it was.</summary>
    public async Task<VersionedValue<long>> SetAsync(long number, CancellationToken ct = default) =>
        new(number, (await _value.SetAsync(Write(number), ct).ConfigureAwait(false)).Version);

    /// <summary>Sets the number when the znode has the version given (-1: when there is none yet).</summary>
    /// <returns>The number with its new version, or null when the znode has another version.</returns>
    public async Task<VersionedValue<long>?> TrySetAsync(long number, int version, CancellationToken ct = default) =>
        await _value.TrySetAsync(Write(number), version, ct).ConfigureAwait(false) is { } set ? new VersionedValue<long>(number, set.Version) : null;

    /// <summary>Sets the number when it is the one expected.</summary>
    /// <returns>Whether it was.</returns>
    public async Task<bool> CompareAndSetAsync(long expected, long number, CancellationToken ct = default)
    {
        while (true)
        {
            VersionedValue<long> current = await GetAsync(ct).ConfigureAwait(false);
            if (current.Value != expected)
                return false;
            if (await TrySetAsync(number, current.Version, ct).ConfigureAwait(false) is not null)
                return true;
        }
    }

    private long Read(byte[] data)
    {
        if (data.Length == 0)
            return 0;
        return Format switch
        {
            CounterFormat.Int64 when data.Length == 8 => BinaryPrimitives.ReadInt64BigEndian(data),
            CounterFormat.Int32 when data.Length == 4 => BinaryPrimitives.ReadInt32BigEndian(data),
            CounterFormat.Text when long.TryParse(Encoding.UTF8.GetString(data), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) => number,
            _ => throw new FormatException($"'{Path}' holds {data.Length} bytes that are no number in the format {Format}. Give the format it was written in."),
        };
    }

    private byte[] Write(long number)
    {
        switch (Format)
        {
            case CounterFormat.Int32:
                byte[] four = new byte[4];
                BinaryPrimitives.WriteInt32BigEndian(four, checked((int)number));
                return four;
            case CounterFormat.Text:
                return Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture));
            default:
                byte[] eight = new byte[8];
                BinaryPrimitives.WriteInt64BigEndian(eight, number);
                return eight;
        }
    }
}
