using YamlDotNet.Core;

namespace Orleans.Kpl.Run.Yaml;

/// <summary>Says for people why a text is no YAML: a parser's own words are about its states.</summary>
internal static class YamlWords
{
    private const string Other = "what stands here has no place there: look at the quotes, brackets and spaces around it";

    /// <summary>A part of the parser's message, and what the reader of a file has to look for.</summary>
    private static readonly (string Part, string Words)[] Known =
    [
        ("tab", "a tab indents this line: YAML takes spaces only"),
        ("quoted scalar, found unexpected end", "a quote that is opened before has no end"),
        ("escape", "'\\' in double quotes begins an escape, and this is none: double it, or use single quotes"),
        ("quoted scalar", "the text in quotes is indented otherwise than the line where it begins, or has no end"),
        ("expected ',' or ']'", "'[' has no ']', or no comma stands between two values"),
        ("expected ',' or '}'", "'{' has no '}', or no comma stands between two values"),
        ("find expected key", "this line has no name with ': ' behind it, or is indented otherwise than those beside it"),
        ("'-' indicator", "this line is indented otherwise than those beside it, or its '- ' is missing"),
        ("expected ':'", "a name without ': ' behind it"),
        ("Block sequence entries", "'- ' begins a line of its own, below the name"),
        ("Mapping values", "a ': ' too many in this line, or the line is indented too far: put a text that has ': ' in quotes"),
        ("invalid mapping", "a ': ' too many in this line, or the line is indented too far: put a text that has ': ' in quotes"),
        ("start any token", "no text begins with this character: put it in quotes"),
        ("node content", "a value is missing here"),
    ];

    /// <summary>The line that is at fault: of a tab the parser tells where the values before it began.</summary>
    public static long LineOf(YamlException exception, string text)
    {
        var start = exception.Start.Line;
        if (!Of(exception).StartsWith("a tab", StringComparison.Ordinal))
            return start;
        var lines = text.Split('\n');
        var tab = Array.FindIndex(lines, (int)Math.Clamp(start - 1, 0, lines.Length), static l => l.AsSpan().TrimStart(' ') is ['\t', ..]);
        return tab < 0 ? start : tab + 1;
    }

    public static string Of(YamlException exception)
    {
        var message = exception.InnerException?.Message ?? exception.Message;
        return Array.Find(Known, k => message.Contains(k.Part, StringComparison.OrdinalIgnoreCase)).Words ?? Other;
    }
}

/// <summary>An error of this library's own about a file that is YAML, and cannot be read.</summary>
internal sealed class YamlFault(in Mark start, in Mark end, string message) : YamlException(start, end, message);
