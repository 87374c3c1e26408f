using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry.Monitoring;

/// <summary>The dashboards of deploy/monitoring, made from one list of panels.</summary>
internal static class GrafanaDashboard
{
    private const string Of = "{<StreamName>=~\"$stream\"}";
    private const string Rate = "[$__rate_interval]";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private sealed record Panel(string Row, string Title, string Unit, params (string Query, string Legend)[] Lines);

    private static readonly Panel[] Panels =
    [
        new("Records", "Accepted", "cps", ($"sum by (<StreamName>) (rate([UserRecordsReceived]{Of}{Rate}))", "{{<StreamName>}}")),
        new("Records", "Delivered", "cps", ($"sum by (<StreamName>) (rate([UserRecordsPut]{Of}{Rate}))", "{{<StreamName>}}")),
        new("Records", "Failed and unknown", "cps", ($"sum by (<StreamName>) (rate([UserRecordsFailed]{Of}{Rate}))", "{{<StreamName>}} failed"),
            ($"sum by (<StreamName>) (rate([UserRecordsUnknown]{Of}{Rate}))", "{{<StreamName>}} unknown")),
        new("Records", "Data to Kinesis", "Bps", ($"sum by (<StreamName>) (rate([KinesisRecordsDataPut]{Of}{Rate}))", "{{<StreamName>}}")),
        new("Waiting", "Oldest record", "s", ($"max by (<StreamName>) ([OldestRecordAge]{Of})", "{{<StreamName>}}")),
        new("Waiting", "In flight", "short", ($"sum by (<StreamName>) ([UserRecordsPending]{Of})", "{{<StreamName>}}")),
        new("Waiting", "Memory of records", "bytes", ($"sum by (<StreamName>) ([OutstandingBytes]{Of})", "{{<StreamName>}}")),
        new("Waiting", "Puts that had to wait", "cps", ($"sum by (<StreamName>) (rate([AcceptWait]_count{Of}{Rate}))", "{{<StreamName>}}")),
        new("Kinesis", "Calls, 99 of 100 within", "TIME", ($"histogram_quantile(0.99, sum by (le, <StreamName>) (rate([RequestTime]_bucket{Of}{Rate})))", "{{<StreamName>}}")),
        new("Kinesis", "Errors by code", "cps", ($"sum by (<ErrorCode>) (rate([ErrorsByCode]{Of}{Rate}))", "{{<ErrorCode>}}")),
        new("Kinesis", "Throttled Kinesis records", "percentunit",
            ("sum by (<StreamName>) (rate([ErrorsByCode]{<StreamName>=~\"$stream\",<ErrorCode>=\"ProvisionedThroughputExceededException\"}[$__rate_interval]))"
                + $" / sum by (<StreamName>) (rate([ErrorsByCode]{Of}{Rate}) or rate([KinesisRecordsPut]{Of}{Rate}))", "{{<StreamName>}}")),
        new("Kinesis", "User records in a Kinesis record", "short",
            ($"sum by (<StreamName>) (rate([UserRecordsPerKinesisRecord]_sum{Of}{Rate})) / sum by (<StreamName>) (rate([UserRecordsPerKinesisRecord]_count{Of}{Rate}))",
                "{{<StreamName>}}")),
        new("Shards", "Busiest shards", "percentunit", ($"topk(10, max by (<StreamName>, <ShardId>) ([ShardUtilisation]{Of}))", "{{<StreamName>}} {{<ShardId>}}")),
        new("Shards", "Left to other writers", "percentunit", ($"topk(10, max by (<StreamName>, <ShardId>) ([ForeignShare]{Of}) > 0)", "{{<StreamName>}} {{<ShardId>}}")),
        new("Shards", "Open shards", "short", ($"sum by (<StreamName>) ([OpenShards]{Of})", "{{<StreamName>}}")),
        new("Shards", "Silos whose calls others make", "short", ($"sum by (<StreamName>) ([KinesisRelayed]{Of})", "{{<StreamName>}}")),
        new("Shards", "Reshards, moves, wrong shards", "short", ($"sum by (<StreamName>, <Result>) (increase([Reshards]{Of}{Rate}))", "{{<StreamName>}} {{<Result>}}"),
            ($"sum by (<StreamName>) (increase([OwnerMoves]{Of}{Rate}))", "{{<StreamName>}} moved"),
            ($"sum by (<StreamName>) (increase([WrongShard]{Of}{Rate}))", "{{<StreamName>}} in a wrong shard")),
        new("Backlog", "Records in the backlog", "short", ($"sum by (<StreamName>) ([BacklogRecords]{Of})", "{{<StreamName>}}")),
        new("Backlog", "Oldest in the backlog", "s", ($"max by (<StreamName>) ([BacklogAge]{Of})", "{{<StreamName>}}")),
        new("Backlog", "Spilled and set aside", "cps", ($"sum by (<StreamName>) (rate([UserRecordsSpilled]{Of}{Rate}))", "{{<StreamName>}} spilled"),
            ($"sum by (<StreamName>) (rate([UserRecordsDeadLettered]{Of}{Rate}))", "{{<StreamName>}} set aside")),
        new("Backlog", "Order violations", "short", ($"sum by (<StreamName>) (increase([OrderViolations]{Of}{Rate}))", "{{<StreamName>}}")),
        // Of processes, not of streams.
        new("Metrics", "Uploads", "short", ($"sum by (<Sink>, <Result>) (increase([MetricsUploads]{{}}{Rate}))", "{{<Sink>}} {{<Result>}}")),
    ];

    public static string Write(string title, string uid, MetricNames names)
    {
        var panels = new JsonArray();
        var (id, y) = (1, 0);
        foreach (var row in Panels.GroupBy(static p => p.Row))
        {
            panels.Add(new JsonObject { ["id"] = id++, ["type"] = "row", ["title"] = row.Key, ["collapsed"] = false, ["gridPos"] = Place(0, y, 24, 1) });
            foreach (var (index, panel) in row.Index())
                panels.Add(PanelOf(panel, names, id++, Place(index % 4 * 6, y + 1, 6, 8)));
            y += 9;
        }

        var board = new JsonObject
        {
            ["title"] = title,
            ["uid"] = uid,
            ["schemaVersion"] = 39,
            ["tags"] = new JsonArray("kinesis", "kpl"),
            ["editable"] = true,
            ["refresh"] = "30s",
            ["time"] = new JsonObject { ["from"] = "now-1h", ["to"] = "now" },
            ["templating"] = new JsonObject { ["list"] = new JsonArray(Source(), Streams(names)) },
            ["panels"] = panels,
        };
        return board.ToJsonString(Json).ReplaceLineEndings("\n") + "\n";
    }

    private static JsonObject PanelOf(Panel panel, MetricNames names, int id, JsonObject place) => new()
    {
        ["id"] = id,
        ["type"] = "timeseries",
        ["title"] = panel.Title,
        ["gridPos"] = place,
        ["datasource"] = new JsonObject { ["type"] = "prometheus", ["uid"] = "${source}" },
        ["fieldConfig"] = new JsonObject
        {
            ["defaults"] = new JsonObject { ["unit"] = panel.Unit == "TIME" ? names.Seconds == 1 ? "s" : "ms" : panel.Unit, ["min"] = 0 },
            ["overrides"] = new JsonArray(),
        },
        ["targets"] = new JsonArray([.. panel.Lines.Select((l, i) => new JsonObject
        {
            ["refId"] = ((char)('A' + i)).ToString(),
            ["expr"] = names.Fill(l.Query),
            ["legendFormat"] = names.Fill(l.Legend),
        })]),
    };

    private static JsonObject Source() =>
        new() { ["name"] = "source", ["label"] = "Prometheus", ["type"] = "datasource", ["query"] = "prometheus" };

    private static JsonObject Streams(MetricNames names) => new()
    {
        ["name"] = "stream",
        ["type"] = "query",
        ["datasource"] = new JsonObject { ["type"] = "prometheus", ["uid"] = "${source}" },
        ["query"] = names.Fill("label_values([OldestRecordAge], <StreamName>)"),
        ["refresh"] = 2,
        ["multi"] = true,
        ["includeAll"] = true,
    };

    private static JsonObject Place(int x, int y, int width, int height) => new() { ["x"] = x, ["y"] = y, ["w"] = width, ["h"] = height };
}
