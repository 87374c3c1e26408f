using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Orleans.Kpl.Bytes;

namespace Orleans.Kpl.Settings;

/// <summary>One pair of a properties file.</summary>
/// <param name="Line">The line where its key begins, from 1.</param>
/// <param name="Value">The value; blanks at its end belong to it.</param>
internal readonly record struct JavaProperty(int Line, string Key, string Value);

/// <summary>
/// Reads the pairs of a properties file by Java's grammar (<c>java.util.Properties.load</c>): <c>=</c>, <c>:</c> or a blank behind the key, lines that
/// begin with <c>#</c> or <c>!</c> are comments, a line that ends with a backslash goes on in the next one, and <c>\uXXXX</c> is a character.
/// </summary>
internal static class JavaProperties
{
    private const int DigitsOfUnicode = 4;
    private const int MaxBytes = 1 << 20;

    /// <summary>Reads a file as Java does, in ISO 8859-1; <paramref name="error"/> tells why it cannot be read.</summary>
    public static bool TryReadFile(string path, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? error)
    {
        (text, error) = (null, null);
        if (File.Exists(path) && OpenFile.IsOpen(path))
            error = "every user of this machine may write the file: chmod o-w closes it";
        else if (SmallFile.TryRead(path, MaxBytes, out var fault) is { } bytes)
            text = Decode(bytes);
        else
            error = $"the file {fault}";
        return text is not null;
    }

    /// <summary>Returns the pairs in the order of the file; a key that comes twice is there twice.</summary>
    /// <param name="errors">Gets each <c>\u</c> without four hexadecimal digits, at which Java does not load the file.</param>
    public static IReadOnlyList<JavaProperty> Read(string text, List<string> errors)
    {
        ArgumentNullException.ThrowIfNull(text);
        var pairs = new List<JavaProperty>();
        foreach (var (number, line) in LogicalLines(text))
        {
            var (keyEnd, valueStart) = Divide(line);
            if (TryUnescape(line.AsSpan(0, keyEnd), out var key) & TryUnescape(line.AsSpan(valueStart), out var value))
                pairs.Add(new(number, key, value));
            else
                errors.Add($"line {number} has \\u without four hexadecimal digits behind it");
        }

        return pairs;
    }

    // A mark that editors put in front of UTF-8 would become a part of the first key.
    private static string Decode(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[3..] : bytes);

    /// <summary>Lines without comments and leading blanks, continued ones joined; escapes are still in them.</summary>
    private static IEnumerable<(int Number, string Line)> LogicalLines(string text)
    {
        using var reader = new StringReader(text);
        var joined = new StringBuilder();
        var (number, first, isContinued) = (0, 0, false);
        while (reader.ReadLine() is { } natural)
        {
            number++;
            var line = natural.AsSpan().TrimStart(" \t\f");
            if (!isContinued && (line.IsEmpty || line[0] is '#' or '!'))
                continue;
            if (!isContinued)
                first = number;
            isContinued = EndsWithOddBackslashes(line);
            joined.Append(isContinued ? line[..^1] : line);
            if (isContinued)
                continue;
            if (joined.Length > 0)
                yield return (first, joined.ToString());
            joined.Clear();
        }

        // A backslash at the end of the file continues nothing.
        if (joined.Length > 0)
            yield return (first, joined.ToString());
    }

    private static bool EndsWithOddBackslashes(ReadOnlySpan<char> line) => (line.Length - line.TrimEnd('\\').Length) % 2 == 1;

    /// <summary>Finds where the key ends and where the value begins.</summary>
    private static (int KeyEnd, int ValueStart) Divide(string line)
    {
        var keyEnd = 0;
        while (keyEnd < line.Length && !(IsBlank(line[keyEnd]) || line[keyEnd] is '=' or ':'))
            keyEnd = Math.Min(line.Length, keyEnd + (line[keyEnd] == '\\' ? 2 : 1));
        var start = SkipBlanks(line, keyEnd);
        if (start < line.Length && line[start] is '=' or ':')
            start = SkipBlanks(line, start + 1);
        return (keyEnd, start);
    }

    private static int SkipBlanks(string line, int from)
    {
        while (from < line.Length && IsBlank(line[from]))
            from++;
        return from;
    }

    private static bool IsBlank(char c) => c is ' ' or '\t' or '\f';

    private static bool TryUnescape(ReadOnlySpan<char> escaped, out string text)
    {
        var written = new StringBuilder(escaped.Length);
        for (var i = 0; i < escaped.Length; i++)
        {
            if (escaped[i] != '\\' || ++i == escaped.Length)
            {
                if (i < escaped.Length)
                    written.Append(escaped[i]);
                continue;
            }

            if (escaped[i] != 'u')
            {
                written.Append(escaped[i] switch { 't' => '\t', 'r' => '\r', 'n' => '\n', 'f' => '\f', var c => c });
                continue;
            }

            var digits = escaped[(i + 1)..];
            if (digits.Length < DigitsOfUnicode
                || !ushort.TryParse(digits[..DigitsOfUnicode], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
            {
                text = "";
                return false;
            }

            written.Append((char)unit);
            i += DigitsOfUnicode;
        }

        text = written.ToString();
        return true;
    }
}
