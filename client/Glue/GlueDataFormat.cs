namespace Orleans.Kpl.Glue;

/// <summary>The format of a schema and of its data (AWS Glue API, DataFormat). It is a name: nothing here serializes or checks data.</summary>
public enum GlueDataFormat
{
    /// <summary>AVRO.</summary>
    Avro = 0,

    /// <summary>JSON, with JSON Schema.</summary>
    Json,

    /// <summary>PROTOBUF.</summary>
    Protobuf,
}
