namespace Orleans.Kpl.Deploy.Tests.Packages;

/// <summary>A project outside the repository gets the packages from a folder, and uses them.</summary>
[Trait("Category", "Long")]
[Collection(PackedTests.Name)]
public sealed class OutsideProjectTests(PackedPackages packed)
{
    private const string PutsARecord = """
        using Orleans.Kpl;
        using Orleans.Kpl.Testing;

        await using LocalKinesis kinesis = await LocalKinesis.StartAsync();
        await kinesis.CreateStreamAsync("events");
        await using KplProducer producer = KplProducer.Create(kinesis.CreateOptions());
        RecordResult result = await producer.PutAsync("events", UserRecord.FromText("user-17", "signed in"));
        Console.WriteLine($"told {result.Status}");
        """;

    /// <summary>A silo in an app that has both HTTP faces, from packages alone.</summary>
    private const string RunsASilo = """"
        using System.Net;
        using System.Net.Sockets;
        using Microsoft.AspNetCore.Builder;
        using Microsoft.Extensions.DependencyInjection;
        using Microsoft.Extensions.Hosting;
        using Microsoft.Extensions.Logging;
        using Orleans;
        using Orleans.Hosting;
        using Orleans.Kpl;
        using Orleans.Kpl.Http;
        using Orleans.Kpl.Kinesis;
        using Orleans.Kpl.Testing;

        await using LocalKinesis kinesis = await LocalKinesis.StartAsync();
        await kinesis.CreateStreamAsync("events");

        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        // Bound until the end, so that nobody else is given the ports; Orleans listens there all the same.
        using Socket silo = Bound(), gateway = Bound();
        builder.UseOrleans(orleans => orleans.UseLocalhostClustering(PortOf(silo), PortOf(gateway)).AddKpl(kinesis.Configure));
        await using WebApplication silos = builder.Build();
        silos.Urls.Add("http://127.0.0.1:0");
        await silos.StartAsync();
        RecordResult told = await silos.Services.GetRequiredService<IClusterClient>()
            .GetGrain<IStreamProducer>("events").PutRecord(UserRecord.FromText("user-17", "through a grain"));
        Console.WriteLine($"grain {told.Status}");

        WebApplicationBuilder face = WebApplication.CreateBuilder(args);
        face.Logging.SetMinimumLevel(LogLevel.Warning);
        face.Services.AddKpl(kinesis.Configure).AddKplHttp();
        await using WebApplication app = face.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapKplIngest().MapKplKinesis();
        await app.StartAsync();
        using HttpClient http = new() { BaseAddress = new Uri(app.Urls.First()) };
        using StringContent body = new("""{"partition_key":"user-17","payload":1}""", null, "application/json");
        using HttpResponseMessage answer = await http.PostAsync("/events/confirmed", body);
        Console.WriteLine($"http {(int)answer.StatusCode}");
        await app.StopAsync();
        await silos.StopAsync();

        static Socket Bound()
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return socket;
        }

        static int PortOf(Socket bound) => ((IPEndPoint)bound.LocalEndPoint!).Port;
        """";

    [Fact]
    public async Task AProject_WithPackagesFromAFolder_PutsARecord()
    {
        using var project = new OutsideProject(packed.Folder, PutsARecord, ("Orleans.Kpl", Dotnet.Version), ("Orleans.Kpl.Testing", Dotnet.Version));
        Assert.Contains("told Delivered", await project.RunAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASilo_WithPackagesFromAFolder_PutsARecord()
    {
        Assert.SkipUnless(packed.HasOrleans, "the half that needs Orleans was not built");
        string[] packages = [".Grains", ".Client", ".Http", ".Kinesis", ".Testing"];
        using var project = new OutsideProject(packed.Folder, RunsASilo, [.. packages.Select(static n => ("Orleans.Kpl" + n, Dotnet.Version))]);
        var output = await project.RunAsync();
        Assert.Contains("grain Delivered", output, StringComparison.Ordinal);
        Assert.Contains("http 200", output, StringComparison.Ordinal);
    }
}
