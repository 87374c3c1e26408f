using System.Text;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Cli.Tests.FirstHour;

/// <summary>What a terminal shows at the end of what was written to it.</summary>
internal static partial class Screen
{
    /// <summary>
    /// Carries out carriage returns, backspaces and line ends; blanks at the ends of lines are not seen, nor is the keyboard's mode. Other escape
    /// sequences stay, as <c>^[</c>.
    /// </summary>
    public static string Render(string written)
    {
        var lines = new StringBuilder();
        foreach (var line in KeyboardMode().Replace(written, "").Split('\n'))
            lines.Append(RenderLine(line).TrimEnd()).Append('\n');
        return lines.ToString().TrimEnd('\n') + "\n";
    }

    /// <summary>.NET asks for application keys at the start of a program.</summary>
    [GeneratedRegex(@"\x1b\[\?1[hl]|\x1b[=>]")]
    private static partial Regex KeyboardMode();

    private static string RenderLine(string written)
    {
        var (cells, at) = (new List<char>(), 0);
        foreach (var character in written)
        {
            if (character == '\r')
                at = 0;
            else if (character == '\b')
                at = Math.Max(0, at - 1);
            else
            {
                foreach (var shown in character == '\u001b' ? "^[" : $"{character}")
                    Put(shown);
            }
        }

        return string.Concat(cells);

        void Put(char shown)
        {
            if (at < cells.Count)
                cells[at] = shown;
            else
                cells.Add(shown);
            at++;
        }
    }
}
