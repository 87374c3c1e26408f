using System.CommandLine;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Producer.Setup;

namespace Orleans.Kpl.Cli.Check;

/// <summary><c>kpl check</c>: its arguments, and what it does with them.</summary>
internal static class CheckVerb
{
    private static readonly VerbHelp Help = new()
    {
        Details = """
            Asks what a producer in this process would need, with the settings of section Kpl (appsettings.json in the current folder,
            environment Kpl__...). Prints a line for each question: passed, failed or not checked, what was found, and what to do.
            The files of certificates that Kpl:Http, Kpl:Cluster and KPL_CERT name are read, and what is wrong with each is told.
            Whether putting is allowed is told by a put that Kinesis must refuse: its hash key is out of range.

            With --json it prints one line {"ok","lines":[{"name","stream","status","message","advice"}]}.
            """,
        Examples =
        [
            new("check --stream events", "Checks the way to a stream, as this machine's settings have it."),
            new("check --endpoint http://127.0.0.1:4567", "Checks a local endpoint."),
        ],
        ExitCodes =
        [
            (ExitCode.Success, "Nothing failed."), (ExitCode.SomeFailed, "Something failed; its line says what to do."),
            (ExitCode.BadArguments, "The arguments or the settings are wrong."), (ExitCode.NotThere, "The tier that KPL_TIER or KPL_ADMIN names is not there."),
        ],
        Variables = [SharedOptions.EndpointVariables, .. SharedOptions.AdminVariables, SharedOptions.SettingsVariables],
    };

    public static Command Create(CliHost host)
    {
        var (stream, endpoint, json) = (SharedOptions.Stream(), SharedOptions.Endpoint(), SharedOptions.Json("One line of JSON."));
        var command = new Verb("check", "Checks settings, credentials, endpoint, stream, rights, limits and clock, and says what to do. Puts no record.", Help)
        {
            stream, endpoint, json,
        };
        command.SetAction((parsed, _) => RunAsync(
            host, new CliSettings(host, null, parsed.GetValue(endpoint)), parsed.GetRequiredValue(stream), parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> RunAsync(CliHost host, CliSettings settings, string stream, bool json)
    {
        var (options, isOfTier) = await KinesisFinder.ReadOptionsAsync(host, settings, new StatusLine(host)).ConfigureAwait(false);
        // An endpoint that AWS's environment names is left to the check, which tells what named it.
        if (!settings.HasEndpoint && CliSettings.FindNamed(host, AwsService.Kinesis, options)?.Url == options.Kinesis.EndpointUrl)
            options.Kinesis.EndpointUrl = null;
        var environment = new AwsEnvironment(host.Variable, null);
        var ofKinesis = await ProducerCreation.CheckAsync(options, stream, environment, host.Time, host.Stop).ConfigureAwait(false);
        var lines = isOfTier ? ofKinesis.Lines.Select(OfTier) : ofKinesis.Lines;
        var report = new KplCheckReport { Lines = [.. lines, .. CertificateLines.Of(host, settings.ReadConfiguration())] };
        if (json)
            WriteJson(host, report);
        else
            host.Write(string.Concat(report.Lines.Select(line => $"{Describe(line, host.OutputPaint)}\n")));
        return report.IsHealthy ? ExitCode.Success : ExitCode.SomeFailed;
    }

    /// <summary>The tier's line about a setting, told as one that nobody has set here.</summary>
    private static KplCheckLine OfTier(KplCheckLine line) => line.Name == "region"
        ? line with { Message = line.Message.Replace("from Kpl:Kinesis:Region", "from the tier", StringComparison.Ordinal) }
        : line;

    private static string Describe(KplCheckLine line, Paint paint)
    {
        var (status, tone) = line.Status switch
        {
            KplCheckStatus.Passed => ("passed", Tone.Good),
            KplCheckStatus.Failed => ("failed", Tone.Bad),
            _ => ("not checked", Tone.Warning),
        };
        // The line begins with its status in words.
        var text = line.ToString();
        return text.StartsWith(status, StringComparison.Ordinal) ? paint.Words(status, tone) + text[status.Length..] : text;
    }

    private static void WriteJson(CliHost host, KplCheckReport report) => host.WriteJson(json =>
    {
        json.WriteBoolean("ok"u8, report.IsHealthy);
        json.WriteStartArray("lines"u8);
        foreach (var line in report.Lines)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, line.Name);
            json.WriteString("stream"u8, line.Stream);
            json.WriteString("status"u8, line.Status switch { KplCheckStatus.Passed => "passed", KplCheckStatus.Failed => "failed", _ => "not_checked" });
            json.WriteString("message"u8, line.Message);
            json.WriteString("advice"u8, line.Advice);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
