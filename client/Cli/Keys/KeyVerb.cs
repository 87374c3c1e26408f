using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Identities;

namespace Orleans.Kpl.Cli.Keys;

/// <summary>Runs <c>kpl key</c>: changes the file of identities that tiers watch.</summary>
internal sealed class KeyVerb(CliHost host, string file, bool json)
{
    private readonly string _path = host.PathOf(file);

    /// <summary>Makes a key, and shows its secret: nobody can show it again.</summary>
    /// <param name="until">When it ends; null for never.</param>
    public int Create(string identity, IReadOnlyList<IdentityGrant> grants, DateTimeOffset? until)
    {
        var document = IdentitiesDocument.ReadOrCreate(_path);
        var key = ApiKeyText.Create();
        document.Add(identity, key, grants, host.Time.GetUtcNow(), until);
        if (document.FindErrors() is { Count: > 0 } errors)
            throw CliException.BadArguments(["no key was made: tiers would not take the file", .. errors]);
        document.Save();
        var id = ApiKeyText.FindId(key)!;
        Show(id, json ? new JsonObject { ["identity"] = identity, ["id"] = id, ["key"] = key }.ToJsonString() + "\n" : $"{key}\n");
        if (!json)
            Say($"key {id} of {identity}: it is shown this once; running tiers look at the file every two seconds");
        return ExitCode.Success;
    }

    public int List()
    {
        var document = IdentitiesDocument.Read(_path);
        var keys = document.Keys.ToList();
        if (json)
        {
            var list = keys.Select(static k => new JsonObject
            {
                ["identity"] = k.Identity, ["id"] = k.Key, ["created_at"] = k.CreatedAt, ["expires_at"] = k.ExpiresAt,
            });
            host.Write(new JsonObject { ["keys"] = new JsonArray([.. list]) }.ToJsonString() + "\n");
        }
        else if (keys.Count == 0)
            host.Write($"There are no keys.{Environment.NewLine}");
        else
        {
            host.Write(new PrintedTable("key", "identity", "made", "until").With(keys, static k =>
                [k.Key, k.Identity, k.CreatedAt ?? "", k.ExpiresAt ?? ""]).ToString());
        }

        return Tell(document.FindErrors(), "tiers do not take the file as it stands: those that run keep the former one, and none starts");
    }

    public int Revoke(string id)
    {
        var document = IdentitiesDocument.Read(_path);
        if (document.Remove(id) is not { } identity)
            throw CliException.NotThere($"there is no key '{id}' in '{_path}'");
        document.Save();
        if (json)
            host.Write(new JsonObject { ["identity"] = identity, ["id"] = id }.ToJsonString() + "\n");
        var errors = document.FindErrors();
        if (errors.Count == 0)
            Say($"key {id} of {identity} is revoked; running tiers look at the file every two seconds");
        return Tell(errors, $"key {id} of {identity} is taken out, but tiers do not take the file: those that run keep the former one, in which the key may hold");
    }

    /// <summary>Shows a key that is in the file. Where nobody gets to see it, its id is told, by which it is taken away.</summary>
    private void Show(string id, string text)
    {
        var why = "nobody reads standard output";
        try
        {
            if (host.Write(text))
                return;
        }
        catch (CliException error)
        {
            why = error.Message;
        }

        throw CliException.Failed($"{why}; key {id} is in the file, and nobody has its secret: 'kpl key revoke {id} --file {file}' takes it away");
    }

    private int Tell(IReadOnlyList<string> errors, string sentence)
    {
        if (errors.Count == 0)
            return ExitCode.Success;
        Say(sentence);
        foreach (var error in errors)
            Say(error);
        return ExitCode.SomeFailed;
    }

    private void Say(string message) => new StatusLine(host).WriteLine($"kpl: {message}");
}
