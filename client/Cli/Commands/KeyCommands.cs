using System.CommandLine;
using System.Globalization;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Keys;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Identities;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Defines the arguments of <c>kpl key</c> and of the words below it.</summary>
internal static class KeyCommands
{
    private const string Key = "key";
    private const string Details = "Changes a tier's file of identities (Kpl:Http:Identities). Tiers that run watch it, and need no restart.";

    private static readonly (int Code, string Meaning)[] ExitCodes =
    [
        (ExitCode.Success, "Done."), (ExitCode.SomeFailed, "Tiers do not take the file as it stands, or the new key cannot be shown."),
        (ExitCode.BadArguments, "The arguments are wrong, or the file is none of identities, or tiers would not take it."),
        (ExitCode.NotThere, "The file or the key is not there, or the file cannot be written."),
    ];

    public static Command Create(CliHost host)
    {
        var command = new Verb(Key, "Makes, lists and revokes the API keys of a tier's clients: new, list, revoke.",
            Help(
                new("key new orders-service --file identities.json --grant produce:orders", "Makes an identity with a key."),
                new("key list --file identities.json", "Lists the keys, without their secrets."),
                new("key revoke k7m2w9x4c3ab --file identities.json", "Takes one key away.")))
        {
            New(host), List(host), Revoke(host),
        };
        Func<ParseResult, int> refuse = static _ => throw CliException.BadArguments("key: one of new, list, revoke is needed");
        command.SetAction(refuse);
        return command;
    }

    private static Verb New(CliHost host)
    {
        var identity = new Argument<string>("IDENTITY") { Description = "The identity's id: letters, digits, '-', '_', '.' and '@'." };
        identity.Validators.Add(SharedOptions.Refuse(static text => IdentityReader.IsId(text) ? null : $"IDENTITY: '{text}' {IdentityReader.NoId}"));
        var grant = new Option<string[]>("--grant")
        {
            Description = "For a new identity: a role on some streams; may be given more than once. * stands for any characters.",
            HelpName = "ROLE:STREAMS",
        };
        grant.CompletionSources.Add([.. IdentityGrant.RoleNames.Select(static r => $"{r}:*")]);
        grant.Validators.Add(SharedOptions.RefuseEach(Refuse));
        var expires = new Option<string?>("--expires") { Description = "When it ends, such as 2027-01-31T00:00:00Z; otherwise it holds until it is revoked.", HelpName = "WHEN" };
        expires.Validators.Add(SharedOptions.Refuse(text =>
            ParseTime(text) > host.Time.GetUtcNow() ? null : $"--expires: '{text}' is no time to come, such as 2027-01-31T00:00:00Z"));
        var help = Help(
            new("key new orders-service --file identities.json --grant produce:orders", "Makes an identity with a key."),
            new("key new orders-service --file identities.json", "Gives it a second key, before the first is revoked."));
        var command = new Verb("new", "Makes a key and prints it: it is shown this once.", help) { identity, grant, expires };
        return Run(host, command, (parsed, run) => run.Create(
            parsed.GetRequiredValue(identity), [.. (parsed.GetValue(grant) ?? []).Select(static g => IdentityGrant.Parse(g)!.Value)],
            parsed.GetValue(expires) is { } until ? ParseTime(until) : null));
    }

    private static Verb List(CliHost host)
    {
        var command = new Verb("list", "Lists the keys: id, identity, when they were made.", Help(new Example("key list --file identities.json", "Lists them.")));
        return Run(host, command, static (_, run) => run.List());
    }

    private static Verb Revoke(CliHost host)
    {
        var id = new Argument<string>("KEY") { Description = "The key's id: what stands between kpl_ and the secret." };
        // The text stays out of the message: it may be the whole key.
        id.Validators.Add(SharedOptions.Refuse(static text =>
            ApiKeyText.IsId(text) ? null : "KEY is no key's id: it has lower-case letters and digits only, and is not the whole key"));
        var help = Help(new Example("key revoke k7m2w9x4c3ab --file identities.json", "Takes it away."));
        var command = new Verb("revoke", "Takes a key away.", help) { id };
        return Run(host, command, (parsed, run) => run.Revoke(parsed.GetRequiredValue(id)));
    }

    private static VerbHelp Help(params Example[] examples) => new() { Details = Details, Examples = examples, ExitCodes = ExitCodes };

    private static string? Refuse(string grant)
    {
        if (IdentityGrant.Parse(grant) is not null)
            return null;
        var parts = grant.Split(':', 2);
        return parts is [var role, { Length: > 0 } streams] && IdentityGrant.RoleOf(role) is not null
            ? $"--grant: '{streams}' is not {StreamPattern.Rule}; --grant may be given more than once"
            : $"--grant: '{grant}' is no role and streams, such as produce:orders; roles are {string.Join(", ", IdentityGrant.RoleNames)}";
    }

    private static DateTimeOffset? ParseTime(string text) => DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    private static Verb Run(CliHost host, Verb command, Func<ParseResult, KeyVerb, int> run)
    {
        var file = new Option<string>("--file", "-f") { Description = "The file of identities; 'new' makes it where there is none.", HelpName = "IDENTITIES", Required = true };
        var json = SharedOptions.Json("One line of JSON.");
        command.Add(file);
        command.Add(json);
        command.SetAction(parsed => run(parsed, new KeyVerb(host, parsed.GetRequiredValue(file), parsed.GetValue(json))));
        return command;
    }
}
