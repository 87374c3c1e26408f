using Orleans.Kpl.Administration;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Identities;

/// <summary>
/// Reads of the entries of <c>identities</c> what <c>kpl key</c> writes: ids, grants and API keys. It and the tiers use the same one, so that no
/// file is written that tiers refuse.
/// </summary>
internal sealed class IdentityReader
{
    /// <summary>How many API keys of one identity are valid at once: a new one is handed out before the former is revoked.</summary>
    public const int MostApiKeys = 2;

    private const int LongestId = 64;
    private const int HashCharacters = 64;

    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);

    /// <summary>The error about an identity's id, in human-readable form.</summary>
    public static string NoId => $"is not made of letters, digits, '-', '_', '.' and '@', at most {LongestId}";

    public static bool IsId(string id) =>
        id.Length is > 0 and <= LongestId && id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@');

    /// <summary>Returns the errors of a file's ids, grants and API keys, each with its place. Nobody looks at its other members.</summary>
    public static IReadOnlyList<string> FindErrors(ReadOnlyMemory<byte> file)
    {
        List<string> errors = [];
        var reader = new IdentityReader();
        JsonFields.ReadFile(file, errors, fields =>
        {
            foreach (var entry in fields.Objects("identities"))
                reader.Read(entry);
        });
        return errors;
    }

    public ReadIdentity Read(JsonFields entry)
    {
        var id = entry.Text("id", isRequired: true);
        if (id is not null && !IsId(id))
            entry.Refuse("id", NoId);
        if (id is not null && !_ids.Add(id))
            entry.Refuse("id", "is there already");
        var grants = entry.Objects("grants").Select(ReadGrant).OfType<IdentityGrant>().ToList();
        var keys = entry.Objects("api_keys");
        if (keys.Count > MostApiKeys)
            entry.Refuse("api_keys", $"has {keys.Count} keys, at most {MostApiKeys} are valid at once");
        return new ReadIdentity(id ?? "", grants, [.. keys.Select(ReadApiKey).OfType<ReadApiKey>()]);
    }

    private static IdentityGrant? ReadGrant(JsonFields entry)
    {
        var (role, streams) = (entry.Text("role", isRequired: true), entry.Text("streams", isRequired: true));
        if (role is not null && IdentityGrant.RoleOf(role) is null)
            entry.Refuse("role", $"is none of {string.Join(", ", IdentityGrant.RoleNames)}");
        if (streams is not null && !StreamPattern.IsFit(streams))
            entry.Refuse("streams", $"is not {StreamPattern.Rule}");
        entry.RefuseOthers();
        return role is null || streams is null ? null : IdentityGrant.Parse($"{role}:{streams}");
    }

    private ReadApiKey? ReadApiKey(JsonFields entry)
    {
        var (id, hash) = (entry.Text("id", isRequired: true), entry.Text("sha256", isRequired: true));
        entry.Text("created_at");
        var until = entry.Time("expires_at");
        if (id is not null && !ApiKeyText.IsId(id))
            entry.Refuse("id", "is not made of lower-case letters and digits, at most 64");
        var isHash = hash is { Length: HashCharacters } && hash.All(char.IsAsciiHexDigit);
        if (hash is not null && !isHash)
            entry.Refuse("sha256", $"is not the SHA-256 of a key: {HashCharacters} hexadecimal digits");
        if (id is not null && isHash && !_keys.Add(id))
            entry.Refuse("id", "is there already");
        entry.RefuseOthers();
        return id is null || !isHash ? null : new ReadApiKey(id, Convert.FromHexString(hash!), until);
    }
}

/// <summary>An identity, as it was read.</summary>
internal sealed record ReadIdentity(string Id, IReadOnlyList<IdentityGrant> Grants, IReadOnlyList<ReadApiKey> ApiKeys);

/// <summary>An API key, as it was read.</summary>
/// <param name="Until">How long it holds; null for ever.</param>
internal sealed record ReadApiKey(string Id, byte[] Hash, DateTimeOffset? Until);
