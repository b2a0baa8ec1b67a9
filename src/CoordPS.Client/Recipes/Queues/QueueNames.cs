using System.Globalization;

namespace CoordPS.Client.Recipes;

/// <summary>How the znodes of a queue are named and ordered in each layout.</summary>
internal static class QueueNames
{
    /// <summary>What the names of messages begin with; other znodes are none of the queue's.</summary>
    internal static string Prefix(QueueLayout layout) => layout switch
    {
        QueueLayout.Simple => "qn-",
        QueueLayout.Kazoo => "entry-",
        _ => "queue-",
    };

    /// <summary>A name without its counter.</summary>
    internal static string For(QueueLayout layout, int priority, DateTimeOffset due) => Prefix(layout) + layout switch
    {
        // As a number without sign, with a digit before it that puts those below zero first.
        QueueLayout.Priority => (priority >= 0 ? "1" : "0") + priority.ToString("X8", CultureInfo.InvariantCulture),
        QueueLayout.Delayed => $"|{due.ToUnixTimeMilliseconds():X8}|",
        QueueLayout.Kazoo => priority.ToString("D3", CultureInfo.InvariantCulture) + "-",
        _ => "",
    };

    /// <summary>When a message may be received, in milliseconds since 1970; 0 in layouts without delay.</summary>
    internal static long Due(QueueLayout layout, string name)
    {
        if (layout != QueueLayout.Delayed)
            return 0;
        string[] parts = name.Split('|');
        return parts.Length == 3 && long.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long due) ? due : 0;
    }

    /// <summary>The messages among a znode's children, in the order in which they are to be received.</summary>
    internal static List<string> Sort(QueueLayout layout, IEnumerable<string> children)
    {
        string prefix = Prefix(layout);
        return [.. children.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .OrderBy(name => Due(layout, name)).ThenBy(name => name, StringComparer.Ordinal)];
    }
}
