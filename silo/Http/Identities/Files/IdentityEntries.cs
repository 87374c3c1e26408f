using System.Text;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Http.Identities.Tokens;
using Orleans.Kpl.Identities;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Http.Identities.Files;

/// <summary>Reads the entries of <c>identities</c> one by one, and finds what two of them claim both.</summary>
internal sealed class IdentityEntries(SourceFiles sources)
{
    private const int LeastSecret = 16;

    private readonly IdentityReader _reader = new();
    private readonly Dictionary<string, ClientIdentity> _identities = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (byte[], string, DateTimeOffset)> _apiKeys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (byte[], string, DateTimeOffset)> _accessKeys = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, string), string> _subjects = [];
    private readonly Dictionary<string, string> _certificates = new(StringComparer.Ordinal);

    public IdentitySet ToSet(IReadOnlyDictionary<string, TokenIssuer> issuers, IReadOnlyList<byte[]> sessionKeys) => new()
    {
        Identities = _identities, ApiKeys = _apiKeys, AccessKeys = _accessKeys, Subjects = _subjects, Certificates = _certificates,
        Issuers = issuers, SessionKeys = sessionKeys,
    };

    public void Read(JsonFields entry, IEnumerable<string> issuers)
    {
        var read = _reader.Read(entry);
        var quota = entry.Object("quota") is { } own ? ReadQuota(own) : new IdentityQuota();
        _identities[read.Id] = new ClientIdentity(read.Id, read.Grants, quota, entry.Flag("banned"));
        foreach (var key in read.ApiKeys)
            _apiKeys[key.Id] = (key.Hash, read.Id, key.Until ?? DateTimeOffset.MaxValue);
        foreach (var key in entry.Objects("access_keys"))
            ReadAccessKey(key, read.Id);
        foreach (var subject in entry.Objects("subjects"))
            ReadSubject(subject, read.Id, issuers);
        foreach (var certificate in entry.Objects("certificates"))
            ReadCertificate(certificate, read.Id);
        entry.RefuseOthers();
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

    private void ReadAccessKey(JsonFields entry, string identity)
    {
        var (id, file) = (entry.Text("id", isRequired: true), entry.Text("secret_file", isRequired: true));
        var until = entry.Time("expires_at") ?? DateTimeOffset.MaxValue;
        if (id is not null && !(id.Length is >= 4 and <= 128 && id.All(char.IsAsciiLetterOrDigit)))
            entry.Refuse("id", "is not made of letters and digits, 4 to 128");
        if (id is not null && id.StartsWith(Sessions.SessionTokens.IdPrefix, StringComparison.Ordinal))
            entry.Refuse("id", $"begins with {Sessions.SessionTokens.IdPrefix}, as those of sessions do");
        if (file is not null && ReadSecret(entry, file) is { } secret && id is not null && !_accessKeys.TryAdd(id, (secret, identity, until)))
            entry.Refuse("id", "is there already");
        entry.RefuseOthers();
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

    private void ReadCertificate(JsonFields entry, string identity)
    {
        var name = entry.Text("san", isRequired: true);
        // A wildcard is a name that a certificate may have, and no rule for names here.
        if (name is not null && name.Any(static c => char.IsControl(c) || c is ' ' or '*' || c > '~'))
            entry.Refuse("san", "is no host name and no URI, such as spiffe://example.org/orders");
        else if (name is not null && !_certificates.TryAdd(CertificateNames.Normal(name), identity))
            entry.Refuse("san", "is there already");
        entry.RefuseOthers();
    }

    private void ReadSubject(JsonFields entry, string identity, IEnumerable<string> issuers)
    {
        var (issuer, subject) = (entry.Text("issuer", isRequired: true), entry.Text("subject", isRequired: true));
        if (issuer is not null && !issuers.Contains(issuer))
            entry.Refuse("issuer", "is none of the issuers");
        if (issuer is not null && subject is not null && !_subjects.TryAdd((issuer, subject), identity))
            entry.Refuse("subject", "is there already");
        entry.RefuseOthers();
    }
}
