using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Run.Reading;
using Orleans.Kpl.Settings;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Settings;

/// <summary>
/// Finds the address and the settings of a verb: the command line first, then section <c>Kpl</c> of <c>appsettings.json</c> and of the
/// environment (<c>Kpl__…</c>, which wins), then AWS's variables.
/// </summary>
/// <param name="host">The host that has the environment and the folder.</param>
internal sealed class CliSettings(CliHost host, string? tier, string? endpoint, string? admin = null)
{
    private const string File = "appsettings.json";

    /// <summary>Whether <c>--endpoint</c> was written on the command line.</summary>
    public bool HasEndpoint => endpoint is not null;

    /// <summary>The tier's address.</summary>
    public Uri Tier => tier is not null ? Address("--tier", tier)
        : host.Variable("KPL_TIER") is { } variable ? Address("KPL_TIER", variable)
        : host.UsualTier;

    /// <summary>The address at which the tier is administered: its own, where it has one.</summary>
    public Uri Admin => admin is not null ? Address("--admin", admin)
        : host.Variable("KPL_ADMIN") is { } variable ? Address("KPL_ADMIN", variable)
        : Tier;

    /// <summary>The source of that address; null where nothing names it, and it is the usual one of this machine.</summary>
    public string? AdminSource => admin is not null ? "--admin" : host.Variable("KPL_ADMIN") is not null ? "KPL_ADMIN"
        : tier is not null ? "--tier" : host.Variable("KPL_TIER") is not null ? "KPL_TIER" : null;

    /// <summary>The option that names another address: <c>--admin</c> where the administration has one of its own, which goes before the tier's.</summary>
    public string AdminOption => AdminSource is "--admin" or "KPL_ADMIN" ? "--admin" : "--tier";

    /// <summary>Reads the settings of a producer or reader in this process.</summary>
    /// <exception cref="CliException">The settings cannot work; the exception lists every error.</exception>
    public KplOptions ReadOptions(StatusLine status)
    {
        var report = KplConfiguration.ReadReport(ReadConfiguration().GetSection("Kpl"));
        if (!report.IsValid)
            throw CliException.BadArguments(report.Errors);
        foreach (var warning in report.Warnings)
            status.WriteLine($"kpl: {warning}");

        var options = report.Options;
        if (endpoint is not null)
            options.Kinesis.EndpointUrl = Address("--endpoint", endpoint);
        else if (options.Kinesis.EndpointUrl is null && FindNamed(host, AwsService.Kinesis, options) is { } named)
        {
            options.Kinesis.EndpointUrl = named.Url;
            status.WriteLine($"kpl: Kinesis is {named.Url.AbsoluteUri.TrimEnd('/')}, as {named.Source} says");
        }

        return options;
    }

    /// <summary>Finds the endpoint of a service that AWS's environment names; null for none.</summary>
    /// <exception cref="KinesisSettingsException">What names it has no address.</exception>
    public static NamedEndpoint? FindNamed(CliHost host, AwsService service, KplOptions options) =>
        NamedEndpoint.Find(service, options.Kinesis.Profile, new AwsEnvironment(host.Variable, null));

    /// <summary>Reads the settings of the file and the environment.</summary>
    /// <exception cref="CliException">The file cannot be read.</exception>
    public IConfigurationRoot ReadConfiguration()
    {
        var builder = new ConfigurationBuilder();
        try
        {
            var path = host.PathOf(File);
            if (OpenFile.FindError(path) is { } open)
                throw CliException.BadArguments(open);
            if (System.IO.File.Exists(path))
                builder.AddJsonStream(new MemoryStream(System.IO.File.ReadAllBytes(path)));
            // Variables such as http_proxy and HTTP_PROXY differ in case alone, and names of settings have no case.
            var variables = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
            foreach (var (name, value) in host.Environment)
                variables[name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal)] = value;
            builder.AddInMemoryCollection(variables);
            return builder.Build();
        }
        catch (Exception exception) when (
            exception is FormatException or InvalidDataException or System.Text.Json.JsonException or IOException or UnauthorizedAccessException)
        {
            var cause = exception.InnerException ?? exception;
            throw CliException.BadArguments($"{File}: {(cause is System.Text.Json.JsonException json ? "it is " + JsonFault.Describe(json) : FileFault.Describe(cause, host.PathOf(File)))}");
        }
    }

    private static Uri Address(string source, string text) =>
        HttpAddress.Parse(text) ?? throw CliException.BadArguments($"{source}: {HttpAddress.Refuse(text)}");
}

/// <summary>The tier that the command line names.</summary>
/// <param name="Tier">The value of <c>--tier</c>; null if it was not given.</param>
/// <param name="Admin">The value of <c>--admin</c>; null if it was not given.</param>
internal readonly record struct NamedTier(string? Tier, string? Admin);
