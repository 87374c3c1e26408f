using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.ClusterBench.Tests;

public sealed class ClusterBenchTests
{
    private static readonly string[] Members =
        ["via", "records", "failed", "seconds", "cpu_seconds", "records_per_second", "mib_per_second", "kinesis_records", "p50_ms", "p99_ms", "own_cpu_ratio"];

    [Fact]
    public async Task Bench_ThroughASilo_ObservesEveryOutcome()
    {
        await using var server = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0, LimitModel = LimitModel.None });
        await server.Kinesis.CreateStreamAsync("events", 4);
        using HeldPort siloPort = new(), gatewayPort = new();
        var gateway = gatewayPort.Number;
        using var silo = await StartSiloAsync(server.Url, siloPort.Number, gateway);

        var run = await RunAsync(gateway, "--records", "3000", "--size", "100", "--json");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var line = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(Members, line.EnumerateObject().Select(m => m.Name));
        Assert.Equal(("cluster", 3000, 0),
            (line.GetProperty("via").GetString(), line.GetProperty("records").GetInt32(), line.GetProperty("failed").GetInt32()));
        Assert.Equal(server.Kinesis.GetApplied("events").Count(), line.GetProperty("kinesis_records").GetInt32());

        var many = await RunAsync(gateway, "--records", "3000", "--size", "100", "--json", "--clients", "10");
        Assert.Equal((0, ""), (many.ExitCode, many.Error));
        Assert.Equal(3_000, JsonDocument.Parse(many.Output).RootElement.GetProperty("records").GetInt32());

        var missing = await RunAsync(gateway, "--records", "10", "--size", "1", "--stream", "missing");
        Assert.Equal(3, missing.ExitCode);
        Assert.Contains("does not exist", missing.Error, StringComparison.Ordinal);
        await silo.StopAsync();
    }

    [Fact]
    public async Task Bench_WithBadArguments_SaysSo()
    {
        var run = await RunAsync(1, "--records", "0", "--size", "1");
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains("--records", run.Error, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(int gateway, params string[] arguments)
    {
        using var output = new MemoryStream();
        var error = new StringWriter();
        var exitCode = await ClusterBenchCommand.RunAsync(arguments, new CliHost
        {
            Input = Stream.Null,
            Output = output,
            Error = TextWriter.Synchronized(error),
            // With it records were told as delivered that were in memory alone, and no Kinesis record was known.
            Environment = new Dictionary<string, string> { ["Kpl__Cluster__GatewayPort"] = $"{gateway}", ["Kpl__AckLevel"] = "Accepted" },
            Directory = Path.GetTempPath(),
        });
        return (exitCode, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    private static async Task<IHost> StartSiloAsync(Uri kinesis, int port, int gateway)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(port, gateway, serviceId: "kpl", clusterId: "kpl");
#pragma warning disable ORLEANSEXP003
            silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
            silo.AddKpl(options =>
            {
                (options.RequestTimeout, options.RecordTtl) = (TimeSpan.FromMinutes(1), Waiting.Long);
                options.Kinesis = new KinesisOptions { EndpointUrl = kinesis, Region = "us-east-1", AccessKeyId = "local", SecretAccessKey = "local" };
            });
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}
