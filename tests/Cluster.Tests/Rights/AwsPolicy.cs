using System.Text.Json;

namespace Orleans.Kpl.Cluster.Tests.Rights;

/// <summary>A policy of deploy/aws with its holders filled in.</summary>
/// <param name="clusterId">The cluster, with which the names of tables begin.</param>
internal sealed class AwsPolicy(string account, string clusterId, string stream)
{
    public const string Region = "eu-central-1";

    /// <summary>The role of the silos, in an account of its own where the streams are another's.</summary>
    public const string Role = "silo";

    /// <summary>The text of a policy.</summary>
    public string Read(string file, string tierAccount = "") => File.ReadAllText(Path.Combine(Checkout.Root, "deploy", "aws", "policies", file))
        .Replace("${Partition}", "aws", StringComparison.Ordinal).Replace("${Region}", Region, StringComparison.Ordinal)
        .Replace("${Account}", account, StringComparison.Ordinal).Replace("${Stream}", stream, StringComparison.Ordinal)
        .Replace("${ClusterId}", clusterId, StringComparison.Ordinal)
        .Replace("${TierAccount}", tierAccount, StringComparison.Ordinal).Replace("${TierRole}", Role, StringComparison.Ordinal);

    /// <summary>Every single right that a policy grants: an action, and a table, a stream or all.</summary>
    public IEnumerable<string> Grants(string file)
    {
        using var policy = JsonDocument.Parse(Read(file));
        return [
            .. from statement in policy.RootElement.GetProperty("Statement").EnumerateArray()
               from resource in Texts(statement.GetProperty("Resource"))
               from action in Texts(statement.GetProperty("Action"))
               select $"{action} {resource.Split('/')[^1]}"];
    }

    /// <summary>What a recorded call is to IAM.</summary>
    public IamRequest Request(string used)
    {
        var (action, name) = (used.Split(' ')[0], used.Split(' ')[1]);
        var kind = action.StartsWith("kinesis:", StringComparison.Ordinal) ? $"kinesis:{Region}:{account}:stream" : $"dynamodb:{Region}:{account}:table";
        return new IamRequest(action, name == "*" ? name : $"arn:aws:{kind}/{name}", account);
    }

    private static string[] Texts(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(static v => v.GetString()!)] : [value.GetString()!];
}
