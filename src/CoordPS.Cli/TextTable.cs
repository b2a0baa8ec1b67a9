using System.Text;

namespace CoordPS.Cli;

/// <summary>A table for a terminal: columns as wide as their widest cell, numbers to the right.</summary>
internal sealed class TextTable(params string[] headings)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        var widths = new int[headings.Length];
        var right = new bool[headings.Length];
        for (var i = 0; i < headings.Length; i++)
        {
            widths[i] = Math.Max(headings[i].Length, _rows.Count == 0 ? 0 : _rows.Max(r => r[i].Length));
            right[i] = _rows.Count > 0 && _rows.TrueForAll(r => r[i].Length == 0 || r[i] == "-" || char.IsAsciiDigit(r[i][0]));
        }

        var text = new StringBuilder();
        Line(headings);
        Line([.. widths.Select(w => new string('-', w))]);
        foreach (var row in _rows)
        {
            Line(row);
        }

        return text.ToString();

        void Line(string[] cells)
        {
            var start = text.Length;
            for (var i = 0; i < cells.Length; i++)
            {
                text.Append(i == 0 ? "" : "  ").Append(right[i] ? cells[i].PadLeft(widths[i]) : cells[i].PadRight(widths[i]));
            }

            while (text.Length > start && text[^1] == ' ')
            {
                text.Length--;
            }

            text.Append('\n');
        }
    }
}
