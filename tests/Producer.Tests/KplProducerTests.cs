using Microsoft.Extensions.Logging;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Producer.Tests;

public class KplProducerTests
{
    [Fact]
    public void Create_WhenSettingsCannotWork_ThrowsWithAllErrors()
    {
        var options = Local(o => (o.RateLimit, o.MaxAttempts, o.Kinesis.ProxyPort) = (0, -1, 0));
        var error = Assert.Throws<KplOptionsException>(() => KplProducer.Create(options));
        Assert.Equal(
            [
                "Kpl:RateLimit is '0': allowed is 1 to 1000000000 per cent",
                "Kpl:MaxAttempts is '-1': allowed is at most 1000000 attempts, and not less than 0",
                "Kpl:Kinesis:ProxyPort is '0': allowed is 1 to 65535",
            ],
            error.Errors);
    }

    [Fact]
    public void Create_WhenAFileIsMissingToo_TellsItWithTheOthers()
    {
        var options = Local(o => (o.RateLimit, o.Kinesis.CaCertFile) = (0, "/no/such/file.pem"));
        var error = Assert.Throws<KplOptionsException>(() => KplProducer.Create(options));
        Assert.Equal(2, error.Errors.Count);
        Assert.StartsWith("Kpl:RateLimit is '0'", error.Errors[0], StringComparison.Ordinal);
        Assert.StartsWith("Kpl:Kinesis:CaCertFile: '/no/such/file.pem' cannot be read", error.Errors[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_WhenSettingsHardlyFit_LogsThemUnderItsCategory()
    {
        var log = new CapturedLog();
        await using var producer = KplProducer.Create(Local(o => o.RecordMaxBufferedTime = TimeSpan.FromMinutes(1)), log);
        var (category, level, line, _) = Assert.Single(log.Entries);
        Assert.Equal(("Orleans.Kpl", LogLevel.Warning), (category, level));
        Assert.StartsWith("Settings: Kpl:RecordMaxBufferedTime is '1m', longer than RecordTtl", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_WhenNothingWasPut_EndsAtOnceAndRefusesFurtherUse()
    {
        var producer = KplProducer.Create(Local());
        Assert.Equal((0, 0, TimeSpan.Zero), (producer.OutstandingRecords, producer.OutstandingBytes, producer.OldestRecordAge));
        Assert.Equal(default, producer.GetLedger("events"));
        producer.Dispose();
        await producer.DisposeAsync();
        producer.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await producer.EnqueueAsync("events", new UserRecord("k", default)));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await producer.PutAsync("events", new[] { new UserRecord("k", default) }));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => producer.FlushAsync());
    }

    /// <summary>One that is made by the first request told every failure in the span and with the logging scopes of that request.</summary>
    [Fact]
    public async Task RecordFailed_OfAProducerThatACallerMade_IsNotInTheFlowOfThatCaller()
    {
        await using var kinesis = await Sockets.LocalKinesis.StartAsync();
        var caller = new AsyncLocal<string?> { Value = "who made it" };
        await using var producer = kinesis.Producer();
        var told = new TaskCompletionSource<string?>();
        producer.RecordFailed += _ => told.TrySetResult(caller.Value);
        Assert.False((await producer.PutAsync("nosuch", new UserRecord("k", default))).IsSuccess);

        Assert.Null(await told.Task.WaitAsync(Sockets.LocalKinesis.Long));
    }

    [Fact]
    public void Assembly_Always_RunsOnThePlainRuntime()
    {
        var seen = new HashSet<string>();
        Walk(typeof(KplProducer).Assembly);
        Assert.Contains("Orleans.Kpl.Pipeline", seen);
        Assert.DoesNotContain(seen, name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) || name.StartsWith("Orleans.Runtime", StringComparison.Ordinal));

        void Walk(System.Reflection.Assembly assembly)
        {
            foreach (var name in assembly.GetReferencedAssemblies().Where(n => seen.Add(n.Name!)))
            {
                if (name.Name!.StartsWith("Orleans.Kpl", StringComparison.Ordinal))
                    Walk(System.Reflection.Assembly.Load(name));
            }
        }
    }

    private static KplOptions Local(Action<KplOptions>? configure = null)
    {
        var options = new KplOptions { Kinesis =
            { EndpointUrl = new("http://127.0.0.1:1"), Region = "us-east-1", AccessKeyId = "local", SecretAccessKey = "local" } };
        configure?.Invoke(options);
        return options;
    }
}
