using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Identities;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Keys;

/// <summary>A tier's file of identities, of which only the API keys are changed. What else it says stays as it is.</summary>
/// <param name="read">What the file held; empty where there was none.</param>
internal sealed class IdentitiesDocument(string path, JsonObject root, byte[] read)
{
    private const string Identities = "identities";
    private const string ApiKeys = "api_keys";

    /// <summary>Tiers take no member twice, and a change to one of two would be a guess.</summary>
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Each key, with the identity that it is of.</summary>
    public IEnumerable<(string Identity, string Key, string? CreatedAt, string? ExpiresAt)> Keys =>
        from identity in Entries(root, Identities)
        from key in Entries(identity, ApiKeys)
        select (TextOf(identity, "id") ?? "", TextOf(key, "id") ?? "", TextOf(key, "created_at"), TextOf(key, "expires_at"));

    /// <summary>Why tiers do not take the file as it stands here, a line each.</summary>
    public IReadOnlyList<string> FindErrors() =>
        [.. IdentityReader.FindErrors(Encoding.UTF8.GetBytes(root.ToJsonString())).Select(e => $"'{path}': {e}")];

    /// <summary>The members that such a file may have; a tier takes nothing else.</summary>
    private static readonly string[] Known = ["issuers", Identities, "session_key_file"];

    /// <summary>Reads the file.</summary>
    /// <exception cref="CliException">It is not there, or no such file.</exception>
    public static IdentitiesDocument Read(string path)
    {
        try
        {
            var read = File.ReadAllBytes(path);
            var root = JsonNode.Parse(ByteOrderMark.Skip(read).Span, documentOptions: Strict) as JsonObject;
            if (root is { Count: > 0 } && !Array.Exists(Known, root.ContainsKey))
                throw CliException.BadArguments($"'{path}' is no file of identities: it has none of {string.Join(", ", Known)}");
            // Reads every text, so that one that is no Unicode is refused here and not at its first use.
            _ = root?.ToJsonString();
            return root is not null
                ? new IdentitiesDocument(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path, root, read)
                : throw CliException.BadArguments($"'{path}' is no file of identities: it holds no object");
        }
        catch (JsonException malformed)
        {
            throw CliException.BadArguments($"'{path}' is no file of identities: it is {JsonFault.Describe(malformed)}");
        }
        catch (InvalidOperationException)
        {
            throw CliException.BadArguments($"'{path}' is no file of identities: it has a text that is no Unicode");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CliException.NotThere($"'{path}' cannot be read: {FileFault.Describe(error, path)}");
        }
    }

    /// <summary>Reads the file; an empty one if there is none.</summary>
    public static IdentitiesDocument ReadOrCreate(string path) => File.Exists(path) ? Read(path) : new IdentitiesDocument(path, [], []);

    /// <summary>Adds a key to an identity, which is made with these grants if there is none of that id.</summary>
    /// <param name="until">When the key ends; null for never.</param>
    /// <exception cref="CliException">The identity has keys enough, or would be new and have no right.</exception>
    public void Add(string identity, string key, IReadOnlyList<IdentityGrant> grants, DateTimeOffset now, DateTimeOffset? until)
    {
        var found = Entries(root, Identities).FirstOrDefault(e => TextOf(e, "id") == identity);
        if (found is null && grants.Count == 0)
            throw CliException.BadArguments($"there is no identity '{identity}' in '{path}': --grant makes it, such as --grant 'produce:{SharedOptions.DefaultStream}'");
        if (found is not null && grants.Count > 0)
            throw CliException.BadArguments($"the identity '{identity}' is there already, and no key was made: change its grants in '{path}', or leave --grant out for one more key");
        found ??= Create(identity, grants);
        if (Entries(found, ApiKeys).Count() >= IdentityReader.MostApiKeys)
            throw CliException.BadArguments($"'{identity}' has {IdentityReader.MostApiKeys} keys already: 'kpl key revoke' takes one away");
        var added = new JsonObject
        {
            ["id"] = ApiKeyText.FindId(key), ["sha256"] = Convert.ToHexStringLower(ApiKeyText.HashOf(key)), ["created_at"] = Text(now),
        };
        if (until is { } end)
            added["expires_at"] = Text(end);
        ListOf(found, ApiKeys).Add((JsonNode)added);

        static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
    }

    /// <summary>Takes a key away, and returns whose it was; null if there is none.</summary>
    public string? Remove(string keyId)
    {
        foreach (var identity in Entries(root, Identities))
        {
            if (Entries(identity, ApiKeys).FirstOrDefault(k => TextOf(k, "id") == keyId) is { } key)
            {
                ListOf(identity, ApiKeys).Remove(key);
                return TextOf(identity, "id");
            }
        }
        return null;
    }

    /// <summary>Writes the file in one step: a tier that watches it never finds half of it, whatever ends the machine.</summary>
    /// <exception cref="CliException">It cannot be written, or another changed it since it was read.</exception>
    public void Save()
    {
        // A name that nobody can have made before, as a link or with a mode of its own.
        var next = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = File.Exists(path) ? File.GetUnixFileMode(path) : UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var file = new FileStream(next, options))
            {
                using (var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true }))
                    root.WriteTo(json);
                file.Flush(flushToDisk: true);
            }

            if (File.Exists(path))
                FileOwner.Copy(path, next);
            if (!read.AsSpan().SequenceEqual(File.Exists(path) ? File.ReadAllBytes(path) : []))
                throw new IOException("another process changed it meanwhile: run the command again");
            File.Move(next, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(next))
                File.Delete(next);
            // The messages of .NET name the file beside it, which is nobody's.
            throw CliException.NotThere(
                $"'{path}' cannot be written: {(error is DirectoryNotFoundException ? "there is no such folder" : FileFault.Describe(error, next))}");
        }
    }

    private JsonObject Create(string identity, IReadOnlyList<IdentityGrant> grants)
    {
        var list = grants.Select(static g => new JsonObject { ["role"] = IdentityGrant.RoleNames[(int)g.Role], ["streams"] = g.Streams.Text });
        var made = new JsonObject { ["id"] = identity, ["grants"] = new JsonArray([.. list]) };
        ListOf(root, Identities).Add((JsonNode)made);
        return made;
    }

    private JsonArray ListOf(JsonObject node, string name)
    {
        if (node[name] is JsonArray list)
            return list;
        if (node[name] is not null)
            throw CliException.BadArguments($"'{path}' is no file of identities: {name} is no list");
        var made = new JsonArray();
        node[name] = made;
        return made;
    }

    private static IEnumerable<JsonObject> Entries(JsonObject node, string name) => node[name] is JsonArray list ? list.OfType<JsonObject>() : [];

    private static string? TextOf(JsonObject node, string name) => node[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}

/// <summary>The user and the group that a file belongs to, where .NET does not tell them.</summary>
internal static class FileOwner
{
    private const int ThisFolder = -100;
    private const uint UserAndGroup = 0x18;

    /// <summary>Gives a file the owner and the group of another. Elsewhere than on Linux it does nothing.</summary>
    /// <exception cref="IOException">This user may not, or the system does not tell whose the other is.</exception>
    public static void Copy(string from, string to)
    {
        if (!OperatingSystem.IsLinux())
            return;
        if (GetStatus(ThisFolder, Text(from), 0, UserAndGroup, out var status) != 0 || ChangeOwner(Text(to), status.User, status.Group) != 0)
            throw new IOException($"it would not belong to whom it belonged: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private static byte[] Text(string path) => Encoding.UTF8.GetBytes(path + '\0');

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static extern int GetStatus(int folder, byte[] path, int flags, uint mask, out Status status);

    [DllImport("libc", EntryPoint = "chown", SetLastError = true)]
    private static extern int ChangeOwner(byte[] path, uint user, uint group);

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(20)]
        public uint User;

        [FieldOffset(24)]
        public uint Group;
    }
}
