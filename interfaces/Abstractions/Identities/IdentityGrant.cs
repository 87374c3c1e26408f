using System.IO.Enumeration;

namespace Orleans.Kpl.Identities;

/// <summary>A role on some streams, as the claim <c>kpl:grant</c> says it: <c>produce:orders*</c>.</summary>
internal readonly record struct IdentityGrant(IdentityRole Role, StreamPattern Streams)
{
    /// <summary>The names of <see cref="IdentityRole"/>, in its order.</summary>
    public static readonly string[] RoleNames = ["produce", "status", "administer"];

    /// <summary>Reads a claim; null if it is none.</summary>
    public static IdentityGrant? Parse(string text)
    {
        var end = text.IndexOf(':', StringComparison.Ordinal);
        return end > 0 && RoleOf(text[..end]) is { } role && StreamPattern.IsFit(text[(end + 1)..])
            ? new IdentityGrant(role, new StreamPattern(text[(end + 1)..]))
            : null;
    }

    public static IdentityRole? RoleOf(string name) => Array.IndexOf(RoleNames, name) is var at and >= 0 ? (IdentityRole)at : null;

    public override string ToString() => $"{RoleNames[(int)Role]}:{Streams}";
}

/// <summary>The right of an identity to a stream.</summary>
internal enum IdentityRole
{
    /// <summary>Put records.</summary>
    Produce,

    /// <summary>Look at a stream, but not at the data of its records.</summary>
    Status,

    /// <summary>Look at everything, and change shards, policy and dead letters.</summary>
    Administer,
}

/// <summary>
/// A stream's name or ARN in which <c>*</c> stands for any characters. An ARN is matched only by a pattern that begins with <c>arn:</c>: a stream of
/// another account may have a name that is granted here.
/// </summary>
internal readonly record struct StreamPattern(string Text)
{
    private const string Arn = "arn:";
    private const int LongestText = 2_048;

    /// <summary>The form of a pattern, in human-readable form.</summary>
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
