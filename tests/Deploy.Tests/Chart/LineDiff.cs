using System.Text;

namespace Orleans.Kpl.Deploy.Tests;

/// <summary>The lines in which two renderings differ, with three lines around them, as in a patch. A place is named by its template.</summary>
internal static class LineDiff
{
    private const int Around = 3;
    private const string Source = "# Source: ";

    public static string Of(string before, string after)
    {
        var lines = Compare(before.Split('\n'), after.Split('\n'));
        var (text, source, isShown) = (new StringBuilder(), "", false);
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i].Text.StartsWith(Source, StringComparison.Ordinal))
                source = lines[i].Text[Source.Length..];
            var isNear = lines[Math.Max(0, i - Around)..Math.Min(lines.Count, i + Around + 1)].Exists(static l => l.Mark != ' ');
            if (isNear && !isShown)
                text.Append($"@@ {source}\n");
            if (isNear)
                text.Append($"{lines[i].Mark}{lines[i].Text}".TrimEnd()).Append('\n');
            isShown = isNear;
        }

        return text.ToString();
    }

    /// <summary>Marks what went with a minus, what came with a plus and the longest common part with a blank.</summary>
    private static List<(char Mark, string Text)> Compare(string[] before, string[] after)
    {
        var common = new int[before.Length + 1, after.Length + 1];
        for (var i = before.Length - 1; i >= 0; i--)
        {
            for (var j = after.Length - 1; j >= 0; j--)
                common[i, j] = before[i] == after[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
        }

        var lines = new List<(char, string)>();
        for (var (i, j) = (0, 0); i < before.Length || j < after.Length;)
        {
            if (i < before.Length && j < after.Length && before[i] == after[j])
            {
                lines.Add((' ', before[i++]));
                j++;
            }
            else if (i < before.Length && (j == after.Length || common[i + 1, j] >= common[i, j + 1]))
                lines.Add(('-', before[i++]));
            else
                lines.Add(('+', after[j++]));
        }

        return lines;
    }
}
