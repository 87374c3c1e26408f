using System.IO.Enumeration;

namespace Orleans.Kpl.Http.Identities;

/// <summary>
/// A stream's name or ARN in which <c>*</c> stands for any characters. An ARN is matched only by a pattern that begins with <c>arn:</c>: a stream of
/// another account may have a name that is granted here.
/// </summary>
internal readonly record struct StreamPattern(string Text)
{
    private const string Arn = "arn:";
    private const int LongestText = 2_048;

    /// <summary>What a pattern looks like, in human-readable form.</summary>
    public const string Rule = "a stream's name, or an ARN, in which * stands for any characters";

    /// <summary>Whether it matches every stream of the tier's account.</summary>
    public bool MatchesAll => Text == "*";

    public static bool IsFit(string text) =>
        text.Length is > 0 and <= LongestText
        && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '*' or ':' or '/')
        && (text.StartsWith(Arn, StringComparison.Ordinal) || !text.AsSpan().ContainsAny(':', '/'));

    public bool Matches(string stream) =>
        IsArn(stream) == IsArn(Text) && FileSystemName.MatchesSimpleExpression(Text, stream, ignoreCase: false);

    public override string ToString() => Text;

    private static bool IsArn(string text) => text.StartsWith(Arn, StringComparison.OrdinalIgnoreCase);
}
