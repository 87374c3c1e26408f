using System.Globalization;
using System.Text;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Http.Identities.Tokens;

namespace Orleans.Kpl.Http.Identities.Files;

/// <summary>Reads the entries of <c>identities</c> one by one, and finds what two of them claim both.</summary>
internal sealed class IdentityEntries(SourceFiles sources)
{
    /// <summary>How many API keys of one identity are valid at once: a new one is handed out before the former is revoked.</summary>
    private const int MostApiKeys = 2;

    private const int LongestId = 64;
    private const int LeastSecret = 16;
    private const int HashCharacters = 64;

    private readonly Dictionary<string, ClientIdentity> _identities = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (byte[], ClientIdentity, DateTimeOffset)> _apiKeys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (byte[], ClientIdentity, DateTimeOffset)> _accessKeys = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, string), ClientIdentity> _subjects = [];
    private readonly Dictionary<string, ClientIdentity> _certificates = new(StringComparer.Ordinal);

    public IdentitySet ToSet(IReadOnlyDictionary<string, TokenIssuer> issuers, IReadOnlyList<byte[]> sessionKeys) => new()
    {
        Identities = _identities, ApiKeys = _apiKeys, AccessKeys = _accessKeys, Subjects = _subjects, Certificates = _certificates,
        Issuers = issuers, SessionKeys = sessionKeys,
    };

    public void Read(JsonFields entry, IEnumerable<string> issuers)
    {
        var id = entry.Text("id", isRequired: true);
        if (id is not null && !IsId(id))
            entry.Refuse("id", $"is not made of letters, digits, '-', '_', '.' and '@', at most {LongestId}");
        var grants = entry.Objects("grants").Select(ReadGrant).OfType<IdentityGrant>().ToList();
        var quota = entry.Object("quota") is { } own ? ReadQuota(own) : new IdentityQuota();
        var identity = new ClientIdentity(id ?? "", grants, quota, entry.Flag("banned"));
        if (id is not null && !_identities.TryAdd(id, identity))
            entry.Refuse("id", "is there already");
        var keys = entry.Objects("api_keys");
        if (keys.Count > MostApiKeys)
            entry.Refuse("api_keys", $"has {keys.Count} keys, at most {MostApiKeys} are valid at once");
        foreach (var key in keys)
            ReadApiKey(key, identity);
        foreach (var key in entry.Objects("access_keys"))
            ReadAccessKey(key, identity);
        foreach (var subject in entry.Objects("subjects"))
            ReadSubject(subject, identity, issuers);
        foreach (var certificate in entry.Objects("certificates"))
            ReadCertificate(certificate, identity);
        entry.RefuseOthers();
    }

    private static bool IsId(string id) => id.Length <= LongestId && id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@');

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

    private static IdentityQuota ReadQuota(JsonFields entry)
    {
        Dictionary<string, long> own = new(StringComparer.Ordinal);
        foreach (var (name, least, most) in IdentityQuota.Ranges)
        {
            if (entry.Number(name, least, most) is { } value)
                own.Add(name, value);
        }
        entry.RefuseOthers();
        return new IdentityQuota().With(own);
    }

    private void ReadApiKey(JsonFields entry, ClientIdentity identity)
    {
        var (id, hash) = (entry.Text("id", isRequired: true), entry.Text("sha256", isRequired: true));
        entry.Text("created_at");
        var until = ReadEnd(entry);
        if (id is not null && !ApiKeyText.IsId(id))
            entry.Refuse("id", "is not made of lower-case letters and digits, at most 64");
        var isHash = hash is { Length: HashCharacters } && hash.All(char.IsAsciiHexDigit);
        if (hash is not null && !isHash)
            entry.Refuse("sha256", $"is not the SHA-256 of a key: {HashCharacters} hexadecimal digits");
        if (id is not null && isHash && !_apiKeys.TryAdd(id, (Convert.FromHexString(hash!), identity, until)))
            entry.Refuse("id", "is there already");
        entry.RefuseOthers();
    }

    private void ReadAccessKey(JsonFields entry, ClientIdentity identity)
    {
        var (id, file) = (entry.Text("id", isRequired: true), entry.Text("secret_file", isRequired: true));
        var until = ReadEnd(entry);
        if (id is not null && !(id.Length is >= 4 and <= 128 && id.All(char.IsAsciiLetterOrDigit)))
            entry.Refuse("id", "is not made of letters and digits, 4 to 128");
        if (id is not null && id.StartsWith(Sessions.SessionTokens.IdPrefix, StringComparison.Ordinal))
            entry.Refuse("id", $"begins with {Sessions.SessionTokens.IdPrefix}, as those of sessions do");
        if (file is not null && ReadSecret(entry, file) is { } secret && id is not null && !_accessKeys.TryAdd(id, (secret, identity, until)))
            entry.Refuse("id", "is there already");
        entry.RefuseOthers();
    }

    /// <summary>Reads how long a key holds; for ever where nothing is said.</summary>
    private static DateTimeOffset ReadEnd(JsonFields entry)
    {
        if (entry.Text("expires_at") is not { } text)
            return DateTimeOffset.MaxValue;
        if (DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end))
            return end;
        entry.Refuse("expires_at", "is no time such as 2027-01-31T00:00:00Z");
        return DateTimeOffset.MaxValue;
    }

    private byte[]? ReadSecret(JsonFields entry, string path)
    {
        if (sources.Read(path, isSecret: true, out var error) is not { } bytes)
        {
            entry.Refuse("secret_file", error!);
            return null;
        }
        var secret = Encoding.UTF8.GetString(bytes).Trim();
        if (secret.Length >= LeastSecret && !secret.Any(char.IsControl))
            return Encoding.UTF8.GetBytes(secret);
        entry.Refuse("secret_file", $"holds no secret: one line of at least {LeastSecret} characters");
        return null;
    }

    private void ReadCertificate(JsonFields entry, ClientIdentity identity)
    {
        var name = entry.Text("san", isRequired: true);
        // A wildcard is a name that a certificate may have, and no rule for names here.
        if (name is not null && name.Any(static c => char.IsControl(c) || c is ' ' or '*' || c > '~'))
            entry.Refuse("san", "is no host name and no URI, such as spiffe://example.org/orders");
        else if (name is not null && !_certificates.TryAdd(CertificateNames.Normal(name), identity))
            entry.Refuse("san", "is there already");
        entry.RefuseOthers();
    }

    private void ReadSubject(JsonFields entry, ClientIdentity identity, IEnumerable<string> issuers)
    {
        var (issuer, subject) = (entry.Text("issuer", isRequired: true), entry.Text("subject", isRequired: true));
        if (issuer is not null && !issuers.Contains(issuer))
            entry.Refuse("issuer", "is none of the issuers");
        if (issuer is not null && subject is not null && !_subjects.TryAdd((issuer, subject), identity))
            entry.Refuse("subject", "is there already");
        entry.RefuseOthers();
    }
}
