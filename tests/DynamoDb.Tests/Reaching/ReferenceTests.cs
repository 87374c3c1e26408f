using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Amazon.DynamoDBv2;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Orleans.Kpl.Aws.Credentials;

namespace Orleans.Kpl.DynamoDb.Tests.Reaching;

/// <summary>Others that read the same variables are the judges of the table: AWS's SDK for .NET by itself, and botocore where Python has it.</summary>
[Collection("process environment")]
public sealed class ReferenceTests : IDisposable
{
    /// <summary>Makes a call of each service in each environment, and tells of it in a line; the witness sees where it goes.</summary>
    private const string Script = """
        import json, os, sys
        import botocore.session
        calls = {"Kinesis": ("kinesis", "list_streams", {}), "CloudWatch": ("cloudwatch", "list_metrics", {}), "Glue": ("glue", "list_registries", {}),
                 "DynamoDB": ("dynamodb", "list_tables", {}), "STS": ("sts", "get_caller_identity", {})}
        loader = None
        clean = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and not k.lower().endswith("_proxy")}
        for line in sys.stdin:
            cell = json.loads(line)
            os.environ.clear()
            os.environ.update(clean)
            os.environ.update(cell["environment"])
            session = botocore.session.Session()
            if loader:
                session.register_component("data_loader", loader)
            loader = session.get_component("data_loader")
            session.set_credentials("AKID", "secret")
            service, call, arguments = calls[cell["service"]]
            try:
                getattr(session.create_client(service), call)(**arguments)
                print("answered", flush=True)
            except Exception as error:
                print(type(error).__name__ + " " + str(error).replace("\n", " "), flush=True)
        """;

    private static readonly string[] Services = ["Kinesis", "CloudWatch", "Glue", "DynamoDB", "STS"];

    private readonly Dictionary<string, string?> _before = [];
    private readonly string _config = PlacedFiles.Config;

    public void Dispose()
    {
        foreach (var (name, value) in _before)
            System.Environment.SetEnvironmentVariable(name, value);
        FallbackInternalConfigurationFactory.Reset();
        FallbackRegionFactory.Reset();
        File.WriteAllText(_config, "");
    }

    /// <summary>It knows no bundle, so it gets no connection of its own, and what it would send is looked at.</summary>
    [Theory]
    [InlineData("DynamoDB")]
    [InlineData("STS")]
    public async Task Endpoints_AreThoseOfTheSdkByItself(string service)
    {
        await using var witness = new Witness();
        using var sends = new Sends();
        List<string> differences = [];
        var rows = EnvironmentRow.All.Where(static r => !r.HasSetting && r.HasSdk && r.Goes.StartsWith("proxy http", StringComparison.Ordinal)).ToList();
        foreach (var row in rows)
        {
            await File.WriteAllTextAsync(_config, row.ConfigFor(witness), TestContext.Current.CancellationToken);
            Use(row.For(service, witness, _config));
            await Record.ExceptionAsync(() => CallAsync(service, new SdkConnections(sends)));
            if (!row.Expected(service).Contains($"{sends.Last?.Scheme} {sends.Last?.Host}", StringComparison.Ordinal))
                differences.Add($"{row.Name}: {sends.Last}");
            sends.Last = null;
        }

        Assert.True(differences.Count == 0, string.Join("\n", differences));
        Assert.InRange(rows.Count, 18, EnvironmentRow.All.Length);
    }

    private static async Task CallAsync(string service, SdkConnections connections)
    {
        BasicAWSCredentials keys = new("AKID", "secret");
        if (service == "STS")
        {
            using var sts = new AmazonSecurityTokenServiceClient(keys, new AmazonSecurityTokenServiceConfig { HttpClientFactory = connections });
            await sts.GetCallerIdentityAsync(new GetCallerIdentityRequest());
            return;
        }

        using var dynamoDb = new AmazonDynamoDBClient(keys, new AmazonDynamoDBConfig { HttpClientFactory = connections });
        await dynamoDb.DescribeTableAsync("t");
    }

    /// <summary>Sends nothing.</summary>
    private sealed class Sends : HttpMessageHandler
    {
        public Uri? Last { get; set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Last = request.RequestUri;
            return Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.BadRequest) { Content = new StringContent("{}") });
        }
    }

    [Fact]
    public async Task EveryCell_IsThatOfBotocore()
    {
        await using var witness = new Witness();
        using var python = Start();
        Assert.SkipWhen(python is null, "There is no python3 with botocore here.");
        List<string> differences = [];
        var cells = 0;
        foreach (var row in EnvironmentRow.All.Where(static r => r.HasReference))
        {
            witness.NeedsLogin = row.Goes.Contains('@', StringComparison.Ordinal);
            await File.WriteAllTextAsync(_config, row.ConfigFor(witness), TestContext.Current.CancellationToken);
            foreach (var service in Services)
            {
                await python!.StandardInput.WriteLineAsync(JsonSerializer.Serialize(new { service, environment = row.For(service, witness, _config) }));
                await python.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
                var told = await python.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask()
                    .WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);
                var seen = await witness.TakeAsync(row.Goes.Length > 0);
                cells++;
                if (seen != row.Expected(service))
                    differences.Add($"{row.Name}, {service}: '{seen}' and not '{row.Expected(service)}': {told}");
            }
        }

        python!.StandardInput.Close();
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(differences.Count == 0, string.Join("\n", differences));
        Assert.Equal(5 * EnvironmentRow.All.Count(static r => r.HasReference), cells);
    }

    private void Use(Dictionary<string, string> variables)
    {
        foreach (var name in _before.Keys.Where(n => !variables.ContainsKey(n)).ToList())
            System.Environment.SetEnvironmentVariable(name, null);
        foreach (var (name, value) in variables)
        {
            _before.TryAdd(name, System.Environment.GetEnvironmentVariable(name));
            System.Environment.SetEnvironmentVariable(name, value);
        }

        FallbackInternalConfigurationFactory.Reset();
        FallbackRegionFactory.Reset();
    }

    private static Process? Start()
    {
        try
        {
            using var has = Process.Start(Python("import botocore.session"))!;
            has.StandardInput.Close();
            has.WaitForExit();
            return has.ExitCode == 0 ? Process.Start(Python(Script)) : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static ProcessStartInfo Python(string script)
    {
        var start = new ProcessStartInfo("python3", ["-c", script.ReplaceLineEndings("\n")])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        CleanEnvironment.Clear(start);
        return start;
    }
}

/// <summary>Tests that change this process's environment run alone. AWS's SDK looks once where its files are, so they have one place from the start.</summary>
[CollectionDefinition("process environment", DisableParallelization = true)]
public sealed class PlacedFiles
{
    internal static readonly string Config = Path.GetTempFileName();

    [ModuleInitializer]
    internal static void PlaceFiles()
    {
        File.WriteAllText(Config + ".none", "");
        System.Environment.SetEnvironmentVariable("AWS_CONFIG_FILE", Config);
        System.Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", Config + ".none");
        AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
        {
            File.Delete(Config);
            File.Delete(Config + ".none");
        };
    }
}
