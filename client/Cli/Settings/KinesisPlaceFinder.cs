using System.Net;
using System.Text.Json;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;

namespace Orleans.Kpl.Cli.Settings;

/// <summary>
/// Finds the Kinesis endpoint of a verb that goes there itself: the one that the user named, else the one that the tier names where <c>kpl put</c>
/// goes by default, else AWS's own for the region.
/// </summary>
internal static class KinesisPlaceFinder
{
    /// <summary>Reads the settings. Where the endpoint comes from a tier, standard error tells so.</summary>
    /// <exception cref="CliException">The settings cannot work.</exception>
    public static async Task<KplOptions> ReadOptionsAsync(CliHost host, CliSettings settings, StatusLine status)
    {
        var options = settings.ReadOptions(status);
        if (options.Kinesis.EndpointUrl is not null || await AskAsync(host, settings.Admin).ConfigureAwait(false) is not { } place)
            return options;

        options.Kinesis.EndpointUrl = place.Endpoint;
        options.Kinesis.Region = place.Region ?? options.Kinesis.Region;
        status.WriteLine($"kpl: Kinesis is {Text(place.Endpoint)}, as the tier at {Text(settings.Admin)} says; --endpoint URL names another");
        return options;
    }

    /// <summary>Asks a tier where it sends; null if there is no tier, or it does not say.</summary>
    private static async Task<KinesisPlace?> AskAsync(CliHost host, Uri tier)
    {
        using var connection = new AdminConnection(tier, TierAccess.Of(host), SharedOptions.DefaultStream, host.Stop);
        return await connection.TryGetKinesisAsync().ConfigureAwait(false) is (HttpStatusCode.OK, var answer) ? Read(answer) : null;
    }

    /// <summary>Reads <c>{"endpoint","region"}</c>; null if the answer is something else.</summary>
    private static KinesisPlace? Read(byte[] answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer);
            return json.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("endpoint", out var endpoint) && endpoint.GetString() is { } text && SharedOptions.ParseAddress(text) is { } address
                ? new KinesisPlace(address, root.TryGetProperty("region", out var region) ? region.GetString() : null)
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null; // Something else listens at the tier's address.
        }
    }

    private static string Text(Uri address) => address.AbsoluteUri.TrimEnd('/');
}

/// <summary>Where a tier sends: a Kinesis endpoint and the region that its requests are signed for.</summary>
internal sealed record KinesisPlace(Uri Endpoint, string? Region);
