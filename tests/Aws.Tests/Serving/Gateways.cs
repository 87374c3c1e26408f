using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Serving;

/// <summary>Gateways against servers of a test, and what they send.</summary>
internal static class Gateways
{
    public const string Ok = """{"FailedRecordCount":0,"Records":[{"ShardId":"shardId-000000000000","SequenceNumber":"49"}]}""";

    /// <summary>No variables and no profiles.</summary>
    public static AwsEnvironment NoEnvironment { get; } = EnvironmentOf();

    public static StreamTarget Stream(string stream = "events", double seconds = 180, string? role = null) => new(stream, role, TimeSpan.FromSeconds(seconds));

    public static AwsEnvironment EnvironmentOf(params (string Name, string Value)[] variables) => EnvironmentOf("", variables);

    public static AwsEnvironment EnvironmentOf(string profiles, params (string Name, string Value)[] variables)
    {
        var file = Path.Combine(Path.GetTempPath(), $"kpl-profiles-{Guid.NewGuid():N}");
        File.WriteAllText(file, profiles);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(file);
        var values = variables.ToDictionary(pair => pair.Name, pair => pair.Value);
        return new AwsEnvironment(name => values.GetValueOrDefault(name), file);
    }

    /// <param name="variables">Each as <c>NAME=value</c>.</param>
    public static AwsEnvironment EnvironmentOf(string profiles, string[] variables) =>
        EnvironmentOf(profiles, [.. variables.Select(static v => (v.Split('=')[0], v.Split('=')[1]))]);

    /// <summary>A server that takes every record, with a certificate of an authority.</summary>
    public static WireServer Taking(TestAuthority authority, string host = "127.0.0.1") =>
        new((_, connection) => connection.AnswerAsync(200, Ok), TestAuthority.Load(authority.Issue(host)));

    /// <summary>A file of its own with the authority's certificate.</summary>
    public static string FileOf(TestAuthority authority)
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, authority.Pem);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(file);
        return file;
    }

    public static KinesisClient To(Uri endpoint, Action<KinesisOptions>? configure = null, TimeProvider? time = null, AwsEnvironment? environment = null)
    {
        var options = new KinesisOptions { EndpointUrl = endpoint, ConnectTimeout = Waiting.Long };
        configure?.Invoke(options);
        return KinesisClient.Create(options, time ?? TimeProvider.System, environment ?? NoEnvironment);
    }

    public static ReadOnlyMemory<PutRecordsEntry> OneEntry() => Entries((10, "key", 0));

    public static ReadOnlyMemory<PutRecordsEntry> Entries(params (int Size, string Key, UInt128 HashKey)[] entries) =>
        entries.Select(entry => Entry(Enumerable.Range(0, entry.Size).Select(i => (byte)i).ToArray(), entry.Key, entry.HashKey)).ToArray();

    public static PutRecordsEntry Entry(byte[] data, string key, UInt128 hashKey) => new(data, System.Text.Encoding.UTF8.GetBytes(key), hashKey);

    public static Task<PutRecordsReply> PutOneAsync(this KinesisClient gateway, StreamTarget? stream = null, CancellationToken cancellationToken = default) =>
        gateway.PutRecordsAsync(stream ?? Stream(), OneEntry(), cancellationToken).AsTask();
}
