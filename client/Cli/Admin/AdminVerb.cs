using System.Globalization;
using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Runs the verbs that look after a stream's shards: a request, and its answer as a table or as JSON.</summary>
/// <param name="host">Where the answer goes.</param>
/// <param name="tier">What <c>--tier</c> said.</param>
/// <param name="stream">The stream.</param>
/// <param name="json">The answer as the tier gives it, in one line.</param>
internal sealed class AdminVerb(CliHost host, string? tier, string stream, bool json) : TierVerb(host, tier, stream, json)
{
    public async Task<int> ShardsAsync()
    {
        var answer = await Connection.GetAsync("/shards").ConfigureAwait(false);
        return Output.Tell(answer, () => AdminTables.Of(AdminOutput.Read(answer, AdminJson.Default.StreamOverview)));
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

    /// <summary>Shows the policy, or changes what is given of it.</summary>
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

    /// <summary>Posts what changes shards; the exit code tells of the end where it was waited for.</summary>
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
