using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orleans.Kpl.Conditions;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry.Monitoring;

/// <summary>Alerts, dashboards and their pages in deploy/monitoring name what there is.</summary>
public sealed partial class MonitoringTests
{
    private static readonly string Folder = Path.Combine(Checkout.Root, "deploy", "monitoring");

    private static string Rules => File.ReadAllText(Path.Combine(Folder, "rules.yaml"));

    [Fact]
    public void Rules_NameOnlySeriesThatThereAre()
    {
        var named = Series().Matches(Rules).Select(static m => m.Value).Distinct().ToList();
        Assert.NotEmpty(named);
        Assert.Empty(named.Except(MetricNames.Prometheus.Series));
    }

    [Fact]
    public void Alerts_EachHaveTheirPageAndTheirTest()
    {
        var alerts = Alert().Matches(Rules).Select(static m => m.Groups[1].Value).ToList();
        var pages = Page().Matches(Rules).Select(static m => m.Groups[1].Value).ToList();
        var tests = string.Concat(Directory.GetFiles(Folder, "rules-test*.yaml").Select(File.ReadAllText));
        Assert.Equal(alerts.Count, pages.Distinct().Count());
        Assert.All(alerts.Zip(pages), pair =>
        {
            Assert.Contains($"Alert {pair.First}:", File.ReadAllText(Path.Combine(Checkout.Root, pair.Second)), StringComparison.Ordinal);
            Assert.Matches($"alertname: {pair.First}\n +exp_alerts:\n", tests);
        });
        var written = Directory.GetFiles(Path.Combine(Checkout.Root, "docs", "runbook", "alerts")).Select(static f => $"docs/runbook/alerts/{Path.GetFileName(f)}");
        Assert.Equal(pages.Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));
    }

    /// <summary>The sentence of <c>/health</c> and the dashboard must not say that all is well where an alert fires, nor the other way round.</summary>
    [Fact]
    public void Alerts_HaveTheLimitsOfTheSentence()
    {
        string[] withAlert =
        [
            ConditionCodes.LedgerUnbalanced, ConditionCodes.RecordsFailing, ConditionCodes.Throttled, ConditionCodes.BacklogGrowing, ConditionCodes.RecordsOld,
            ConditionCodes.SetAside, ConditionCodes.StoreUnusable, ConditionCodes.SegmentsDamaged,
        ];
        Assert.All(withAlert, static c => Assert.Contains($"- alert: Kpl{c}\n", Rules, StringComparison.Ordinal));
        Assert.Contains($"max by (stream) (kpl_oldest_record_age_seconds) > {ConditionLimits.RecordsOld.TotalSeconds:0}\n", Rules, StringComparison.Ordinal);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"rate(kpl_kinesis_records_put_total[5m])) > {ConditionLimits.Throttled:0.00}\n"), Rules, StringComparison.Ordinal);
        Assert.Contains($"max by (stream) (kpl_backlog_age_seconds) > {ConditionLimits.BacklogOld.TotalSeconds:0}\n", Rules, StringComparison.Ordinal);
        // A burst is told for longer than by the sentence: nobody may be looking.
        foreach (var ended in (string[])["failed", "unknown"])
            Assert.Contains($"(increase(kpl_user_records_{ended}_total[15m])) > 0\n", Rules, StringComparison.Ordinal);
    }

    /// <summary>A rule over a metric that is not collected rests for ever.</summary>
    [Fact]
    public void Alerts_ThatNeedMoreThanTheSummary_AreToldOf()
    {
        var detailed = KplMetrics.All.Where(static m => m.Level == MetricLevel.Detailed).Select(static m => m.PrometheusName).ToHashSet();
        var needy = Rules.Split("- alert: ").Skip(1).Where(r => Series().Matches(r).Any(m => detailed.Contains(m.Value))).Select(static r => r.Split('\n')[0]);
        Assert.Equal(["KplBacklogGrowing", "KplLedgerUnbalanced"], needy);
        Assert.Contains(
            $"{string.Join(" and ", needy)} need `MetricsLevel=Detailed`", File.ReadAllText(Path.Combine(Checkout.Root, "docs", "metrics.md")),
            StringComparison.Ordinal);
    }

    /// <summary>When this fails, run it with KPL_ACCEPT_DOCS=1: it writes the files.</summary>
    [Theory]
    [InlineData("grafana-prometheus.json", "kpl", "kpl-prometheus", false)]
    [InlineData("grafana-otlp.json", "kpl, by OTLP", "kpl-otlp", true)]
    public void Dashboards_AreThoseOfTheTable(string file, string title, string uid, bool isOtlp)
    {
        var names = isOtlp ? MetricNames.Otlp : MetricNames.Prometheus;
        var path = Path.Combine(Folder, file);
        var board = GrafanaDashboard.Write(title, uid, names);
        if (Environment.GetEnvironmentVariable("KPL_ACCEPT_DOCS") == "1")
            File.WriteAllText(path, board);
        Assert.Equal(board, File.ReadAllText(path).ReplaceLineEndings("\n"));

        var queries = JsonDocument.Parse(board).RootElement.GetProperty("panels").EnumerateArray().Where(static p => p.TryGetProperty("targets", out _))
            .SelectMany(static p => p.GetProperty("targets").EnumerateArray()).Select(static t => t.GetProperty("expr").GetString()!).ToList();
        Assert.All(queries, q => Assert.DoesNotMatch(@"\[[A-Z]|<[A-Z]", q));
        var named = queries.SelectMany(static q => Named().Matches(q)).Select(static m => m.Groups[1].Value).Distinct().ToList();
        Assert.NotEmpty(named);
        Assert.Empty(named.Except(names.Series));
    }

    /// <summary>Each alert fires where it must, and rests where it must.</summary>
    [Theory]
    [InlineData("check", "rules.yaml")]
    [InlineData("test", "rules-test.yaml")]
    [InlineData("test", "rules-test-day.yaml")]
    public async Task Promtool_AgreesWithTheRules(string verb, string file)
    {
        using var promtool = new Process
        {
            StartInfo = new ProcessStartInfo("promtool", [verb, "rules", file])
            {
                WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true,
            },
        };
        try
        {
            promtool.Start();
        }
        catch (Win32Exception)
        {
            Assert.Skip("promtool is not installed (Debian: prometheus)");
        }

        var stop = TestContext.Current.CancellationToken;
        var (output, error) = (promtool.StandardOutput.ReadToEndAsync(stop), promtool.StandardError.ReadToEndAsync(stop));
        await promtool.WaitForExitAsync(stop);
        Assert.True(promtool.ExitCode == 0, $"{await output}{await error}");
    }

    [GeneratedRegex("kpl_[a-z_]+")]
    private static partial Regex Series();

    /// <summary>A name before its labels: Grafana's queries select the stream everywhere.</summary>
    [GeneratedRegex(@"([A-Za-z_]+)\{")]
    private static partial Regex Named();

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Alert();

    [GeneratedRegex(@"runbook: (\S+)")]
    private static partial Regex Page();
}
