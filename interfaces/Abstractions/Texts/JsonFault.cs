using System.Globalization;
using System.Text.Json;

namespace Orleans.Kpl.Texts;

/// <summary>Says where a text stops being JSON, and why: the parser's own words are for programmers of .NET.</summary>
internal static class JsonFault
{
    private const string Twice = "Duplicate property '";

    /// <summary>Words of the parser, and what they mean to who wrote the text.</summary>
    private static readonly (string Part, string Reason)[] Reasons =
    [
        ("trailing comma", "nothing follows this comma"),
        ("after a single JSON value", "something follows the end of the value"),
        ("Expected depth to be zero", "an object or array is not closed"),
        ("Expected end of string", "a string is not closed"),
        ("does not contain any JSON tokens", "there is no text"),
        ("end of data", "the text ends too early"),
        ("start of a property name", "a member's name in double quotes is expected"),
        ("after a property name", "a colon is expected"),
        ("is invalid after a value", "a comma or the end of the object or array is expected"),
        ("start of a value", "a value is expected"),
        ("invalid JSON literal", "a word that is not quoted must be true, false or null"),
        ("end of a number", "a number must be followed by a comma or the end of its object or array"),
        ("within a number", "this is no number"),
        ("leading zero", "a number must not begin with a zero"),
        ("within a JSON string", "a character in this string must be escaped"),
        ("maximum configured depth", "it is nested too deeply"),
        ("Duplicate property", "a member stands twice in its object"),
    ];

    /// <summary>Returns the reason; null where the parser said something else.</summary>
    public static string? ReasonOf(JsonException error) => Array.Find(Reasons, r => error.Message.Contains(r.Part, StringComparison.Ordinal)).Reason;

    /// <summary>Returns the place, line and byte from 1, and the reason, such as <c>not JSON at line 1, byte 9: a colon is expected</c>.</summary>
    /// <param name="line">The line's number, where it was read alone.</param>
    public static string Describe(JsonException error, long? line = null)
    {
        // Without a place it is a member that stands twice: the message has its name, and never a value.
        if (error.LineNumber is null && line is null)
            return $"not JSON: {(error.Message.StartsWith(Twice, StringComparison.Ordinal) ? $"member {NameIn(error.Message)} stands twice in its object" : error.Message)}";
        var reason = ReasonOf(error);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"not JSON at line {line ?? error.LineNumber + 1}, byte {error.BytePositionInLine + 1}{(reason is null ? "" : ": ")}{reason}");
    }

    private static string NameIn(string message) => message[(Twice.Length - 1)..(message.LastIndexOf('\'') + 1)];
}
