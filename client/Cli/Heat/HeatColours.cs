using System.Text;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Heat;

/// <summary>Writes the cells of a picture as a terminal can show them: in 24-bit colour, in 256 colours, or as characters.</summary>
internal sealed class HeatColours(bool isOn, bool isDeep)
{
    /// <summary>The characters where there are no colours, from no load to the most.</summary>
    public const string Characters = " .:-=+*#%@";

    /// <summary>The character of load whose shard used four fifths of its capacity.</summary>
    public const char Nearly = 'n';

    /// <summary>The character of load whose shard was full.</summary>
    public const char Full = 'F';

    /// <summary>The character of a time that was not observed.</summary>
    public const char NotObserved = '?';

    private static readonly (int R, int G, int B)[] Ramp = [(0x22, 0x2c, 0x38), (0x2c, 0x5c, 0x8f), (0x8c, 0xc8, 0xff), (0xf0, 0xa8, 0x31), (0xff, 0x40, 0x38)];

    private const string Reset = "\u001b[0m";

    /// <summary>The load where colours begin: a small one is not drawn as none.</summary>
    private const double Least = 0.25;

    /// <summary>Whether there are colours.</summary>
    public bool IsOn { get; } = isOn;

    /// <summary>Colours where the output has them; 24-bit ones where the terminal says so in <c>COLORTERM</c>.</summary>
    public static HeatColours For(CliHost host) => new(host.OutputPaint.IsOn, host.Variable("COLORTERM") is "truecolor" or "24bit");

    /// <summary>Returns a line. With colours a character has two rows, one above the other.</summary>
    public string Line(IEnumerable<(HeatCell Upper, HeatCell Lower)> cells)
    {
        var text = new StringBuilder();
        if (!IsOn)
            return string.Concat(cells.Select(static c => Of(c.Upper, c.Lower))).TrimEnd();
        var former = "";
        foreach (var (upper, lower) in cells)
        {
            var code = upper.Warmth < 0 ? Reset : $"\u001b[38;{Of(upper)};48;{Of(lower)}m";
            text.Append(code == former ? "" : code).Append(upper.Warmth < 0 ? ' ' : '▀');
            former = code;
        }

        return text.Append(Reset).ToString();
    }

    private static char Of(HeatCell upper, HeatCell lower)
    {
        var (warmth, danger) = (Math.Max(upper.Warmth, lower.Warmth), Math.Max(upper.Danger, lower.Danger));
        if (warmth > 0 && danger >= 0)
            return danger < 1 ? Nearly : Full;
        return warmth < 0 ? NotObserved : Characters[(int)Math.Ceiling(warmth * (Characters.Length - 1))];
    }

    private string Of(HeatCell cell)
    {
        var place = cell.Danger >= 0 && cell.Warmth > 0 ? 3 + cell.Danger : cell.Warmth > 0 ? Least + (cell.Warmth * (2 - Least)) : 0;
        var (at, part) = ((int)Math.Min(place, Ramp.Length - 2), place - (int)Math.Min(place, Ramp.Length - 2));
        var (a, b) = (Ramp[at], Ramp[at + 1]);
        var (red, green, blue) = (Mix(a.R, b.R), Mix(a.G, b.G), Mix(a.B, b.B));
        // The cube of 6 × 6 × 6 colours of xterm.
        return isDeep ? $"2;{red};{green};{blue}" : $"5;{16 + (36 * Step(red)) + (6 * Step(green)) + Step(blue)}";

        int Mix(int from, int to) => (int)Math.Round(from + ((to - from) * part));
        static int Step(int value) => (int)Math.Round(value / 51.0);
    }
}
