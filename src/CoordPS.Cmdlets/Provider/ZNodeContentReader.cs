using System.Collections;
using System.Management.Automation.Provider;

namespace CoordPS.Cmdlets;

/// <summary>Hands out the content of a znode, which was read at once: lines, bytes, or all of it as one object.</summary>
internal sealed class ZNodeContentReader(IList items) : IContentReader
{
    private int _next;

    /// <inheritdoc/>
    public IList Read(long readCount)
    {
        int count = (int)Math.Min(readCount <= 0 ? int.MaxValue : readCount, items.Count - _next);
        int from = _next;
        _next += count;
        if (items is byte[] bytes)
            return bytes[from.._next];
        object?[] part = new object?[count];
        for (int i = 0; i < count; i++)
            part[i] = items[from + i];
        return part;
    }

    /// <inheritdoc/>
    public void Seek(long offset, SeekOrigin origin)
    {
        long to = offset + origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => _next,
            _ => items.Count,
        };
        _next = (int)Math.Clamp(to, 0, items.Count);
    }

    /// <inheritdoc/>
    public void Close()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
