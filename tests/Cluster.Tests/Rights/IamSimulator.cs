using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Kpl.Deploy.Tests.Running;

namespace Orleans.Kpl.Cluster.Tests.Rights;

/// <summary>Decides as IAM does, by the simulator of somebody else in tests/stand-ins. Tests are skipped where npm did not bring it.</summary>
internal static class IamSimulator
{
    public static void Need() => StandIns.Need("@cloud-copilot/iam-simulate");

    /// <summary>The requests that the policies do not allow, each with what IAM says.</summary>
    /// <param name="principal">The ARN of who asks.</param>
    /// <param name="resourcePolicy">The policy of what is asked for; null for none.</param>
    public static async Task<IReadOnlyList<string>> FindDeniedAsync(
        string principal, IEnumerable<string> policies, IReadOnlyList<IamRequest> requests, string? resourcePolicy = null)
    {
        var asked = new JsonObject
        {
            ["principal"] = principal,
            ["policies"] = new JsonArray([.. policies.Select(static p => JsonNode.Parse(p))]),
            ["resourcePolicy"] = resourcePolicy is null ? null : JsonNode.Parse(resourcePolicy),
            ["requests"] = new JsonArray(
                [.. requests.Select(static r => new JsonObject { ["action"] = r.Action, ["resource"] = r.Resource, ["account"] = r.Account })]),
        };
        if (resourcePolicy is null)
            asked.Remove("resourcePolicy");
        var (_, output, error) = await StandIns.RunAsync(asked.ToJsonString(), "iam.mjs");
        Assert.True(output.Length > 0, error);
        var answers = JsonSerializer.Deserialize<string[]>(output)!;
        Assert.Equal(requests.Count, answers.Length);
        return [.. requests.Zip(answers).Where(static a => a.Second != "Allowed").Select(static a => $"{a.First.Action} {a.First.Resource}: {a.Second}")];
    }
}

/// <summary>One request to AWS, as IAM sees it.</summary>
/// <param name="Action">Such as <c>kinesis:PutRecords</c>.</param>
/// <param name="Resource">Its ARN; <c>*</c> where the action has none.</param>
internal sealed record IamRequest(string Action, string Resource, string Account);
