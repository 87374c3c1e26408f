using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;
using Orleans.Kpl.Run.Reading;

namespace Orleans.Kpl.Cli.Settings;

/// <summary>
/// Finds the Kinesis endpoint of a verb that goes there itself: the one that the user named, else the one that the tier names where <c>kpl put</c>
/// goes by default, else AWS's own for the region.
/// </summary>
internal static class KinesisFinder
{
    /// <summary>Reads the settings. Where nothing names the endpoint, standard error tells which it is and why.</summary>
    /// <param name="isRandom">Whether made-up records go there: AWS's own Kinesis gets them only where it is named.</param>
    /// <returns>The settings, and whether a tier told the endpoint and the region.</returns>
    /// <exception cref="CliException">The settings cannot work, a tier that is named does not answer, or AWS's own Kinesis would have to be named.</exception>
    public static async Task<(KplOptions Options, bool IsOfTier)> ReadOptionsAsync(CliHost host, CliSettings settings, StatusLine status, bool isRandom = false)
    {
        var options = settings.ReadOptions(status);
        if (options.Kinesis.EndpointUrl is not null)
            return (options, false);
        var tier = Text(settings.Admin);
        var (trouble, isRefused, kinesis) = await AskAsync(host, settings.Admin).ConfigureAwait(false);
        if (isRefused)
        {
            throw CliException.NotThere(
                $"the tier at {tier} does not tell who asks where Kinesis is: set {TierAccess.KeyVariable} to a key with the role status, or give --endpoint URL");
        }

        if (kinesis is var (endpoint, region))
        {
            options.Kinesis.EndpointUrl = endpoint;
            options.Kinesis.Region = region ?? options.Kinesis.Region;
            status.WriteLine($"kpl: Kinesis is {Text(endpoint)}, as the tier at {tier} says; --endpoint URL names another");
            return (options, true);
        }

        // Whoever names a tier means what is behind it, and not the account that the environment happens to have.
        if (trouble is not null && settings.AdminSource is { } source)
            throw CliException.NotThere($"the tier that {source} names does not tell where Kinesis is, as --endpoint URL does: {trouble}");
        var why = trouble is null ? $"the tier at {tier} does not say where it sends" : $"no tier answers at {tier}";
        if (isRandom)
            throw CliException.NotThere($"{why}, and random records go to AWS's own Kinesis only where --endpoint names it, such as https://kinesis.us-east-1.amazonaws.com");
        status.WriteLine($"kpl: {why}: Kinesis is AWS's own for the region; --endpoint URL names another", Tone.Warning);
        return (options, false);
    }

    /// <summary>Asks a tier where it sends; null if it does not say. Where it does not answer, a sentence says why.</summary>
    private static async Task<(string? Trouble, bool IsRefused, (Uri Endpoint, string? Region)? Kinesis)> AskAsync(CliHost host, Uri tier)
    {
        var access = TierAccess.Of(host);
        using var connection = new AdminConnection(tier, access, SharedOptions.DefaultStream, host.Stop);
        var (told, trouble) = await connection.AskSoonAsync("/admin/kinesis").ConfigureAwait(false);
        if (told is not var (status, answer))
            return (trouble, false, null);
        if (NoTier.IsKinesis(answer))
            return (NoTier.Describe(Text(tier), (int)status, answer), false, null);
        if (status is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError)
            return ($"it answers {(int)status}: {TierAnswer.ReadError(answer).Message ?? status.ToString()}", false, null);
        // A tier that serves no administration answers everybody with 403, whatever the key. Its message begins with /admin then.
        var isRefused = status is HttpStatusCode.Unauthorized || (status is HttpStatusCode.Forbidden && access.HasCredential
            && TierAnswer.ReadError(answer).Message?.StartsWith("/admin ", StringComparison.Ordinal) != true);
        return (null, isRefused, status is HttpStatusCode.OK ? Read(answer) : null);
    }

    /// <summary>Reads <c>{"endpoint","region"}</c>; null if the answer is something else.</summary>
    private static (Uri Endpoint, string? Region)? Read(byte[] answer)
    {
        try
        {
            return JsonNode.Parse(answer) is JsonObject told && (string?)told["endpoint"] is { } text && HttpAddress.Parse(text) is { } address
                ? (address, (string?)told["region"])
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null; // Something else listens at the tier's address.
        }
    }

    private static string Text(Uri address) => address.AbsoluteUri.TrimEnd('/');
}
