using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Heat;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Runs the verbs that manage a stream's shards: sends a request and prints its answer as a table or as JSON.</summary>
/// <param name="json">Whether the tier's answer is printed unchanged, in one line.</param>
internal sealed class AdminVerb(CliHost host, NamedTier named, string stream, bool json) : TierVerb(host, named, stream, json)
{
    /// <summary>A list has 10,000 failures at most.</summary>
    private const int MostPages = 10;

    /// <summary>How many of the latest failures a table lists.</summary>
    public const int UsualFailures = 20;

    /// <summary>How often a change of the policy is begun again: operators do not set it many times a second.</summary>
    private const int MostPolicyTries = 5;

    private readonly Confirmation _confirmation = new(host);
    private readonly HeatColours _colours = HeatColours.For(host);

    public async Task<int> ShardsAsync()
    {
        var answer = await Connection.GetAsync("/shards").ConfigureAwait(false);
        return Output.Tell(answer, () => AdminTables.Of(AdminOutput.Read(answer, AdminJson.Default.StreamOverview), Output.Columns));
    }

    public async Task<int> HeatAsync(string over)
    {
        var answer = await Connection.GetAsync($"/heat?span={over}").ConfigureAwait(false);
        return Output.Tell(answer, () => new HeatText(AdminOutput.Read(answer, AdminJson.Default.StreamHeat), _colours, Output.Columns).Make());
    }

    /// <summary>Explains a failure or a key; without either, lists the latest failures.</summary>
    /// <param name="max">How many of them at most; null for all of them as JSON, and as a table for <see cref="UsualFailures"/>.</param>
    public async Task<int> ExplainAsync(long? failure, string? key, string? hash, int? max)
    {
        var query = failure is { } number ? $"failure={number}"
            : key is not null ? $"key={Uri.EscapeDataString(key)}" : hash is not null ? $"hash={Uri.EscapeDataString(hash)}" : null;
        if (query is null)
        {
            List<byte[]> pages = [await Connection.GetAsync("/failures?max=1000").ConfigureAwait(false)];
            while (pages.Count < MostPages && AdminOutput.TryRead(pages[^1], AdminJson.Default.FailedRecordPage) is { HasMore: true } page)
            {
                var next = $"/failures?max=1000&after={page.Next}";
                pages.Add(await Connection.GetAsync(next).ConfigureAwait(false));
            }

            // The latest failures are on the last page, so all pages are printed as one.
            return Output.Tell(pages is [var only] && max is null ? only : Join(pages, max), () => ExplainText.Of(Read(pages), max ?? UsualFailures));
        }

        var answer = await Connection.GetAsync($"/explain?{query}").ConfigureAwait(false);
        return Output.Tell(answer, () => ExplainText.Of(AdminOutput.Read(answer, AdminJson.Default.RecordExplanation)));
    }

    private static byte[] Join(IReadOnlyList<byte[]> answers, int? max)
    {
        var pages = Read(answers);
        return JsonSerializer.SerializeToUtf8Bytes(
            pages[^1] with { Failures = [.. pages.SelectMany(static p => p.Failures).TakeLast(max ?? int.MaxValue)], Missed = pages.Sum(static p => p.Missed) },
            AdminJson.Default.FailedRecordPage);
    }

    private static FailedRecordPage[] Read(IEnumerable<byte[]> answers) =>
        [.. answers.Select(static a => AdminOutput.Read(a, AdminJson.Default.FailedRecordPage))];

    public async Task<int> PlanAsync(int? shards)
    {
        var answer = await Connection.PostAsync("/plan", shards is { } target ? $$"""{"shards":{{target}}}""" : "{}", isChange: false).ConfigureAwait(false);
        return Output.Tell(answer, () => AdminTables.Of(AdminOutput.Read(answer, AdminJson.Default.ShardPlan)));
    }

    public async Task<int> HistoryAsync()
    {
        var answer = await Connection.GetAsync("/history").ConfigureAwait(false);
        return Output.Tell(answer,
            () => AdminTables.Of(
            JsonNode.Parse(answer)!["history"]!.AsArray().Select(static e => AdminJson.Read(e!.ToJsonString(), AdminJson.Default.StreamOperation))));
    }

    /// <summary>Shows the policy; changes its mode and settings first if they are given.</summary>
    public async Task<int> PolicyAsync(string? mode, IReadOnlyList<string> settings)
    {
        var answer = await Connection.GetAsync("/policy").ConfigureAwait(false);
        if (mode is not null || settings.Count > 0)
            answer = await SetPolicyAsync(answer, mode, settings).ConfigureAwait(false);
        return Output.Tell(answer, () => AdminTables.OfPolicy(JsonNode.Parse(answer)!.AsObject()));
    }

    /// <summary>Changes the policy that was read, or the one that another operator has set since.</summary>
    private async Task<byte[]> SetPolicyAsync(byte[] read, string? mode, IReadOnlyList<string> settings)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await Connection.PostAsync("/policy", ChangePolicy(read, mode, settings)).ConfigureAwait(false);
            }
            catch (CliException e) when (e.TierCode is StreamManagerErrorCodes.PolicyChanged && tries < MostPolicyTries)
            {
                read = await Connection.GetAsync("/policy").ConfigureAwait(false);
            }
        }
    }

    private static string ChangePolicy(byte[] read, string? mode, IReadOnlyList<string> settings)
    {
        var policy = JsonNode.Parse(read)!.AsObject();
        var names = AdminTables.SettingsOf(policy).Select(static p => p.Key).ToList();
        if (mode is not null)
            policy["mode"] = mode.Replace('-', '_');
        foreach (var setting in settings)
        {
            var (name, value) = (setting[..setting.IndexOf('=')], setting[(setting.IndexOf('=') + 1)..]);
            if (!names.Contains(name))
                throw CliException.BadArguments($"--set: there is no '{name}'; there are {string.Join(", ", names)}");
            policy[name] = decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? JsonValue.Create(number)
                : JsonValue.Create(value);
        }

        return policy.ToJsonString();
    }

    /// <summary>
    /// Brings the stream to a number of shards. What is more than the number asks for is shown first: nobody who says "5" of five shards thinks of splits
    /// and merges, nor of nine calls who says "6" of seven.
    /// </summary>
    public async Task<int> ScaleAsync(int shards, string method, TimeSpan wait, bool isAgreed)
    {
        if (!isAgreed && await FindPlanAsync(shards).ConfigureAwait(false) is var (answer, plan, before))
        {
            if (before == shards && plan.Steps.Count == 0)
                return Output.Tell(answer, () => $"{Stream} has {Quantity.Of(shards, "shard")} already, and they are even: nothing is to be done\n");
            if (SurpriseOf(plan, before, shards, method) is { } surprise && !IsAgreed(plan, surprise, mayGoOn: before != shards))
                throw CliException.Failed("nothing was done");
        }

        return await ActAsync("/scale", new JsonObject { ["shards"] = shards, ["method"] = method }, wait).ConfigureAwait(false);
    }

    /// <summary>Asks for the plan and the number of shards that there are now; null where the tier says no more of them now.</summary>
    private async Task<(byte[] Answer, ShardPlan Plan, int Before)?> FindPlanAsync(int shards)
    {
        if (await Connection.TryGetAsync("/shards").ConfigureAwait(false) is not (HttpStatusCode.OK, var overview)
            || AdminOutput.TryRead(overview, AdminJson.Default.StreamOverview) is not { } stream)
        {
            return null;
        }

        var answer = await Connection.PostAsync("/plan", $$"""{"shards":{{shards}}}""", isChange: false).ConfigureAwait(false);
        return (answer, AdminOutput.Read(answer, AdminJson.Default.ShardPlan), stream.Shards.Count);
    }

    /// <summary>Says what is more than the number asks for; null where nothing is.</summary>
    private string? SurpriseOf(ShardPlan plan, int before, int shards, string method)
    {
        var least = Math.Abs(shards - before);
        var isOwn = method == "plan";
        if (plan.Steps.Count <= least || (least > 0 && !isOwn))
            return null;
        var splits = plan.Steps.Count(static s => s.Kind == ReshardStepKind.Split);
        (int Count, string Name)[] calls = [(splits, "split"), (plan.Steps.Count - splits, "merge")];
        var what = isOwn ? string.Join(" and ", calls.Where(static c => c.Count > 0).Select(static c => Quantity.Of(c.Count, c.Name))) : "UpdateShardCount";
        return least == 0
            ? $"{Stream} has {Quantity.Of(shards, "shard")} already, and {what} would make them even"
            : $"{Stream} has {Quantity.Of(before, "shard")}, and {Quantity.Of(shards, "even shard")} take {what}";
    }

    /// <summary>Asks where there is a terminal. Where there is none, what changes the number is told and done, and what does not is refused.</summary>
    private bool IsAgreed(ShardPlan plan, string surprise, bool mayGoOn)
    {
        if (_confirmation.CanBeAsked)
            return _confirmation.Ask($"{AdminTables.Of(plan)}\n{surprise}. Do it? [y/N] ");
        if (!mayGoOn)
            throw CliException.BadArguments($"{surprise}: --yes does it");
        _confirmation.Tell(surprise);
        return true;
    }

    /// <summary>Shows what a change of capacity does, asks, and has it made. Where nobody can be asked, it takes --yes.</summary>
    public async Task<int> ChangeCapacityAsync(CapacityChange change, bool isDryRun, bool isAgreed)
    {
        if (isDryRun || !isAgreed)
        {
            var (answer, plan) = await PostAsync(change with { DryRun = true }).ConfigureAwait(false);
            if (isDryRun || plan.Notes.Count == 0)
                return Output.Tell(answer, () => CapacityText.Of(plan));
            if (!_confirmation.CanBeAsked)
                throw CliException.BadArguments($"{string.Join(" ", plan.Notes)} --yes does it");
            if (!_confirmation.Ask($"{string.Join("\n", plan.Notes)}\nDo it? [y/N] "))
                throw CliException.Failed("nothing was done");
        }

        var (made, done) = await PostAsync(change).ConfigureAwait(false);
        return Output.Tell(made, () => CapacityText.Of(done));
    }

    private async Task<(byte[] Answer, CapacityPlan Plan)> PostAsync(CapacityChange change)
    {
        var body = JsonSerializer.Serialize(change, AdminJson.Default.CapacityChange);
        var answer = await Connection.PostAsync("/capacity", body, isChange: !change.DryRun).ConfigureAwait(false);
        return (answer, AdminOutput.Read(answer, AdminJson.Default.CapacityPlan));
    }

    /// <summary>Posts an operation that changes shards; if the verb waits for it, the exit code reports its outcome.</summary>
    public async Task<int> ActAsync(string path, JsonObject body, TimeSpan wait)
    {
        var answer = await Connection.PostAsync(path, body.ToJsonString(), wait).ConfigureAwait(false);
        var operation = JsonNode.Parse(answer)!["operation"];
        Output.Tell(answer, () =>
            AdminTables.Of(AdminOutput.Read(answer, AdminJson.Default.StartedOperation), operation is null
            ? null
            : AdminJson.Read(operation.ToJsonString(), AdminJson.Default.StreamOperation)));
        return operation is null || (string?)operation["state"] == "done" ? ExitCode.Success : ExitCode.SomeFailed;
    }
}

/// <summary>A verb that calls a tier about one stream, with its connection and its output.</summary>
internal abstract class TierVerb(CliHost host, NamedTier named, string stream, bool json) : IDisposable
{
    protected string Stream => stream;

    protected AdminConnection Connection { get; } = Connect(host, new CliSettings(host, named.Tier, null, named.Admin), stream);

    protected AdminOutput Output { get; } = new(host, json);

    public void Dispose() => Connection.Dispose();

    private static AdminConnection Connect(CliHost host, CliSettings settings, string stream) => new(
        settings.Admin, TierAccess.Of(host), stream, host.Stop, settings.AdminOption);
}
