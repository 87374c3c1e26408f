using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Local.Arguments;

/// <summary>The command line of the local tier; an argument that was not given is null.</summary>
internal sealed class LocalArguments
{
    public bool Help { get; set; }

    public int? HttpPort { get; set; }

    public int? KinesisPort { get; set; }

    public int? KinesisTlsPort { get; set; }

    public string? KinesisTlsCertificate { get; set; }

    public SigningKey? CheckSignatures { get; set; }

    public List<StreamArgument> Streams { get; } = [];

    public Uri? KinesisEndpoint { get; set; }

    public bool CreateStreams { get; set; }

    public string? Data { get; set; }

    public LimitModel? LimitModel { get; set; }

    /// <summary>Settings from arguments such as <c>--Kpl:RecordTtl=5s</c>, like those of files and environment.</summary>
    public Dictionary<string, string?> Settings { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The errors of the command line itself; each names its argument.</summary>
    public List<string> Errors { get; } = [];
}
