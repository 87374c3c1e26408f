namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>A setting of section <c>Kpl:Kinesis</c> or <c>Kpl:DynamoDb</c> with which no call can be made.</summary>
internal sealed class KinesisSettingsException(string setting, string reason) : InvalidOperationException($"{setting}: {reason}")
{
    /// <summary>The setting's key, such as <c>Kpl:Kinesis:Region</c>.</summary>
    public string Setting { get; } = setting;
}
