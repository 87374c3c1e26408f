namespace Orleans.Kpl.Http.Identities;

/// <summary>A role on some streams, as the claim <c>kpl:grant</c> says it: <c>produce:orders*</c>.</summary>
internal readonly record struct IdentityGrant(IdentityRole Role, StreamPattern Streams)
{
    /// <summary>The names of <see cref="IdentityRole"/>, in its order.</summary>
    public static readonly IReadOnlyList<string> RoleNames = ["produce", "status", "administer"];

    /// <summary>Reads a claim; null if it is none.</summary>
    public static IdentityGrant? Parse(string text)
    {
        var end = text.IndexOf(':', StringComparison.Ordinal);
        return end > 0 && RoleOf(text[..end]) is { } role && StreamPattern.IsFit(text[(end + 1)..])
            ? new IdentityGrant(role, new StreamPattern(text[(end + 1)..]))
            : null;
    }

    public static IdentityRole? RoleOf(string name)
    {
        for (var i = 0; i < RoleNames.Count; i++)
        {
            if (RoleNames[i] == name)
                return (IdentityRole)i;
        }
        return null;
    }

    public override string ToString() => $"{RoleNames[(int)Role]}:{Streams}";
}
