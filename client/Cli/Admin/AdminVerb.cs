using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Runs the verbs that manage a stream's shards: sends a request and prints its answer as a table or as JSON.</summary>
/// <param name="json">Whether the tier's answer is printed unchanged, in one line.</param>
internal sealed class AdminVerb(CliHost host, TierPlace place, string stream, bool json) : TierVerb(host, place, stream, json)
{
    private readonly Confirmation _confirmation = new(host);

    public async Task<int> ShardsAsync()
    {
        var answer = await Connection.GetAsync("/shards").ConfigureAwait(false);
        return Output.Tell(answer, () => AdminTables.Of(AdminOutput.Read(answer, AdminJson.Default.StreamOverview)));
    }

    /// <summary>Explains a failure or a key; without either, lists the failures.</summary>
    public async Task<int> ExplainAsync(long? failure, string? key, string? hash)
    {
        var query = failure is { } number ? string.Create(CultureInfo.InvariantCulture, $"failure={number}")
            : key is not null ? $"key={Uri.EscapeDataString(key)}" : hash is not null ? $"hash={Uri.EscapeDataString(hash)}" : null;
        if (query is null)
        {
            var page = await Connection.GetAsync("/failures?max=1000").ConfigureAwait(false);
            return Output.Tell(page, () => ExplainText.Of(AdminOutput.Read(page, AdminJson.Default.FailedRecordPage)));
        }

        var answer = await Connection.GetAsync($"/explain?{query}").ConfigureAwait(false);
        return Output.Tell(answer, () => ExplainText.Of(AdminOutput.Read(answer, AdminJson.Default.RecordExplanation)));
    }

    public async Task<int> PlanAsync(int? shards)
    {
        var answer = await Connection.PostAsync("/plan", shards is { } target ? $$"""{"shards":{{target}}}""" : "{}").ConfigureAwait(false);
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
        {
            var policy = JsonNode.Parse(answer)!.AsObject();
            if (mode is not null)
                policy["mode"] = mode.Replace('-', '_');
            foreach (var setting in settings)
            {
                var (name, value) = (setting[..setting.IndexOf('=')], setting[(setting.IndexOf('=') + 1)..]);
                if (!policy.ContainsKey(name))
                    throw CliException.BadArguments($"--set: there is no '{name}'; there are {string.Join(", ", policy.Select(static p => p.Key))}");
                policy[name] = decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                    ? JsonValue.Create(number)
                    : JsonValue.Create(value);
            }

            answer = await Connection.PostAsync("/policy", policy.ToJsonString()).ConfigureAwait(false);
        }

        return Output.Tell(answer, () => AdminTables.OfPolicy(JsonNode.Parse(answer)!.AsObject()));
    }

    /// <summary>
    /// Brings the stream to a number of shards. Where it has that number already, what would be done is shown and asked for first: nobody who says "5"
    /// of five shards thinks of splits and merges.
    /// </summary>
    public async Task<int> ScaleAsync(int shards, string method, TimeSpan wait, bool isAgreed)
    {
        if (!isAgreed && await FindSurpriseAsync(shards, method).ConfigureAwait(false) is var (text, what))
        {
            if (!_confirmation.CanBeAsked)
                throw CliException.BadArguments($"{Stream} has {Quantity.Of(shards, "shard")} already, and {what} would make them even: --yes does it");
            if (!_confirmation.Ask($"{text}\n{Stream} has {Quantity.Of(shards, "shard")} already; this makes them even. Do it? [y/N] "))
                throw CliException.Failed("nothing was done");
        }

        return await ActAsync("/scale", new JsonObject { ["shards"] = shards, ["method"] = method }, wait).ConfigureAwait(false);
    }

    /// <summary>Finds calls that would change shards and not their number; null where there are none, or the tier says no more now.</summary>
    private async Task<(string Text, string What)?> FindSurpriseAsync(int shards, string method)
    {
        if (await Connection.TryGetAsync("/shards").ConfigureAwait(false) is not (HttpStatusCode.OK, var overview)
            || AdminOutput.TryRead(overview, AdminJson.Default.StreamOverview) is not { } stream || stream.Shards.Count != shards)
        {
            return null;
        }

        var plan = AdminOutput.Read(
            await Connection.PostAsync("/plan", $$"""{"shards":{{shards}}}""").ConfigureAwait(false), AdminJson.Default.ShardPlan);
        if (plan.Steps.Count == 0)
            return null;
        var splits = plan.Steps.Count(static s => s.Kind == ReshardStepKind.Split);
        return (AdminTables.Of(plan), method == "plan"
            ? $"{Quantity.Of(splits, "split")} and {Quantity.Of(plan.Steps.Count - splits, "merge")}"
            : "UpdateShardCount");
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
internal abstract class TierVerb(CliHost host, TierPlace place, string stream, bool json) : IDisposable
{
    protected string Stream => stream;

    protected AdminConnection Connection { get; } = new(
        new CliSettings(host, place.Tier, null, place.Admin).Admin, TierAccess.Of(host), stream, host.Stop);

    protected AdminOutput Output { get; } = new(host, json);

    public void Dispose() => Connection.Dispose();
}
