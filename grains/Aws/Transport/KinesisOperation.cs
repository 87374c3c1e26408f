using Orleans.Kpl.Aws.Endpoints;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>An operation of Kinesis' API, or of another service that speaks JSON 1.1.</summary>
internal sealed class KinesisOperation(string name, OperationKind kind, string service = "Kinesis_20131202")
{
    public string Name { get; } = name;

    public OperationKind Kind { get; } = kind;

    /// <summary>The value of <c>x-amz-target</c>.</summary>
    public string Target { get; } = service + "." + name;
}
