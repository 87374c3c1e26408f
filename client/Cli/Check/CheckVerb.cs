using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Check;

/// <summary>Runs one <c>kpl check</c>: asks all that a producer in this process would need, and writes no record.</summary>
internal static class CheckVerb
{
    public static async Task<int> RunAsync(CliHost host, CliSettings settings, string stream, bool json)
    {
        var options = await KinesisPlaceFinder.ReadOptionsAsync(host, settings, new StatusLine(host)).ConfigureAwait(false);
        var ofKinesis = await KplProducer.CheckAsync(options, stream, host.Time, host.Stop).ConfigureAwait(false);
        var report = new KplCheckReport { Lines = [.. ofKinesis.Lines, .. CertificateLines.Of(host, settings.ReadConfiguration())] };
        if (json)
            WriteJson(host, report);
        else
            host.Write(string.Concat(report.Lines.Select(line => $"{Describe(line, host.OutputPaint)}\n")));
        return report.IsHealthy ? ExitCode.Success : ExitCode.SomeFailed;
    }

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
