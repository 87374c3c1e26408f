using Microsoft.IdentityModel.Tokens;
using Orleans.Kpl.Bytes;
using Orleans.Kpl.Http.Identities.Tokens;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Http.Identities.Files;

/// <summary>Reads the identities' file and the files that it names. A file with any error counts for nothing.</summary>
internal sealed class IdentitiesReader(SourceFiles sources)
{
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromDays(1);
    private static readonly TimeSpan ShortestLifetime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(365);

    private readonly List<string> _errors = [];
    private readonly IdentityEntries _entries = new(sources);
    private readonly Dictionary<string, TokenIssuer> _issuers = new(StringComparer.Ordinal);
    private IReadOnlyList<byte[]> _sessionKeys = [];

    public static IdentitiesReading Read(string path)
    {
        var full = Path.GetFullPath(path);
        var sources = new SourceFiles(Path.GetDirectoryName(full) ?? full);
        var bytes = sources.Read(full, isSecret: false, out var error);
        if (bytes is null)
            return new IdentitiesReading(null, [error!], sources);
        var reader = new IdentitiesReader(sources);
        JsonFields.ReadFile(bytes, reader._errors, reader.Read);
        var set = reader._errors.Count > 0 ? null : reader._entries.ToSet(reader._issuers, reader._sessionKeys);
        return new IdentitiesReading(set, [.. reader._errors.Select(e => $"{full}: {e}")], sources);
    }

    private void Read(JsonFields file)
    {
        foreach (var issuer in file.Objects("issuers"))
            ReadIssuer(issuer);
        foreach (var identity in file.Objects("identities"))
            _entries.Read(identity, _issuers.Keys);
        if (file.Text("session_key_file") is { } keys)
            ReadSessionKeys(file, keys);
        file.RefuseOthers();
    }

    private void ReadIssuer(JsonFields entry)
    {
        var (issuer, audience) = (entry.Text("issuer", isRequired: true), entry.Text("audience", isRequired: true));
        var (file, url) = (entry.Text("jwks_file"), entry.Text("jwks_url"));
        if (file is null == url is null)
            entry.Refuse("", "has either a jwks_file or a jwks_url");
        Uri? address = null;
        if (url is not null && (!Uri.TryCreate(url, UriKind.Absolute, out address) || address.Scheme != Uri.UriSchemeHttps || address.UserInfo.Length > 0))
            entry.Refuse("jwks_url", "is no https address");
        var keys = file is null ? [] : ReadTokenKeys(entry, file);
        var longest = entry.Duration("max_token_lifetime", ShortestLifetime, LongestLifetime) ?? DefaultLifetime;
        if (issuer is not null && audience is not null
            && !_issuers.TryAdd(issuer, new TokenIssuer(issuer, audience, longest, new KeysReading(keys), address)))
            entry.Refuse("issuer", "is there already");
        entry.RefuseOthers();
    }

    private IReadOnlyList<JsonWebKey> ReadTokenKeys(JsonFields entry, string path)
    {
        if (sources.Read(path, isSecret: false, out var error) is not { } bytes)
        {
            entry.Refuse("jwks_file", error!);
            return [];
        }
        var keys = TokenKeyReader.Read(bytes, out var reason) ?? [];
        if (keys.Count == 0)
            entry.Refuse("jwks_file", $"has no key that is taken: {reason}");
        return keys;
    }

    private void ReadSessionKeys(JsonFields file, string path)
    {
        if (sources.Read(path, isSecret: true, out var error) is { } bytes && SmallFile.TryReadKeys(bytes, out error) is { } keys)
            _sessionKeys = keys;
        else
            file.Refuse("session_key_file", error!);
    }
}

/// <summary>The result of reading the identities' file.</summary>
/// <param name="Set">The identities in it; null if it has errors.</param>
/// <param name="Errors">Every error, each with its path in the file.</param>
internal sealed record IdentitiesReading(IdentitySet? Set, IReadOnlyList<string> Errors, SourceFiles Sources);
