using System.Globalization;
using System.Text;

namespace CoordPS.Kubernetes;

/// <summary>The unified form of a difference between two texts.</summary>
internal static class UnifiedDiff
{
    private const int Context = 3;

    public static string Write(string[] before, string[] after, string beforeName, string afterName)
    {
        (char Kind, string Line)[] script = [.. Script(before, after)];
        if (script.All(static line => line.Kind == ' '))
            return "";
        var text = new StringBuilder();
        text.Append("--- ").Append(beforeName).Append('\n').Append("+++ ").Append(afterName).Append('\n');
        int oldLine = 1, newLine = 1, i = 0;
        while (i < script.Length)
        {
            if (script[i].Kind == ' ')
            {
                (oldLine, newLine, i) = (oldLine + 1, newLine + 1, i + 1);
                continue;
            }

            int start = Math.Max(0, i - Context), end = i, last = i;
            while (end < script.Length && end - last <= (2 * Context) + 1)
            {
                if (script[end].Kind != ' ')
                    last = end;
                end++;
            }

            end = Math.Min(script.Length, last + Context + 1);
            int lead = i - start, olds = 0, news = 0;
            for (int j = start; j < end; j++)
            {
                olds += script[j].Kind != '+' ? 1 : 0;
                news += script[j].Kind != '-' ? 1 : 0;
            }

            // Of no lines at all the number is that of the line before.
            int oldStart = oldLine - lead - (olds == 0 ? 1 : 0), newStart = newLine - lead - (news == 0 ? 1 : 0);
            text.Append(CultureInfo.InvariantCulture, $"@@ -{oldStart},{olds} +{newStart},{news} @@\n");
            for (int j = start; j < end; j++)
                text.Append(script[j].Kind).Append(script[j].Line).Append('\n');
            for (; i < end; i++)
            {
                oldLine += script[i].Kind != '+' ? 1 : 0;
                newLine += script[i].Kind != '-' ? 1 : 0;
            }
        }

        return text.ToString();
    }

    /// <summary>By the longest common subsequence; objects are small.</summary>
    private static IEnumerable<(char Kind, string Line)> Script(string[] before, string[] after)
    {
        int head = 0;
        while (head < before.Length && head < after.Length && before[head] == after[head])
            head++;
        int tail = 0;
        while (tail < before.Length - head && tail < after.Length - head && before[^(tail + 1)] == after[^(tail + 1)])
            tail++;
        int n = before.Length - head - tail, m = after.Length - head - tail;
        // More than any object has, but data of a ConfigMap may: then all of it is old, and all new.
        bool small = (long)n * m <= 4_000_000;
        int[,] longest = new int[small ? n + 1 : 1, small ? m + 1 : 1];
        for (int i = n - 1; small && i >= 0; i--)
        {
            for (int j = m - 1; j >= 0; j--)
                longest[i, j] = before[head + i] == after[head + j] ? longest[i + 1, j + 1] + 1 : Math.Max(longest[i + 1, j], longest[i, j + 1]);
        }

        for (int i = 0; i < head; i++)
            yield return (' ', before[i]);
        int a = 0, b = 0;
        while (a < n || b < m)
        {
            if (small && a < n && b < m && before[head + a] == after[head + b])
            {
                yield return (' ', before[head + a]);
                (a, b) = (a + 1, b + 1);
            }
            else if (a < n && (b == m || !small || longest[a + 1, b] >= longest[a, b + 1]))
            {
                yield return ('-', before[head + a++]);
            }
            else
            {
                yield return ('+', after[head + b++]);
            }
        }

        for (int i = before.Length - tail; i < before.Length; i++)
            yield return (' ', before[i]);
    }
}
