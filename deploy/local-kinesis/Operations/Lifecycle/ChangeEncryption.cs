using Orleans.Kpl.LocalKinesis.Resharding;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Lifecycle;

/// <summary>
/// StartStreamEncryption and StopStreamEncryption: what descriptions of the stream say, and nothing else. Keys are not looked up, and no
/// record is encrypted.
/// </summary>
internal static class ChangeEncryption
{
    public static void Start(OperationCall call)
    {
        var (type, key) = Read(call);
        if (type != "KMS") throw KinesisErrors.InvalidArgument($"EncryptionType {type} cannot be started: it must be KMS.");
        Execute(call, key);
    }

    public static void Stop(OperationCall call)
    {
        Read(call);
        Execute(call, null);
    }

    private static (string Type, string Key) Read(OperationCall call)
    {
        var (type, key) = (call.Fields.String("EncryptionType"), call.Fields.String("KeyId"));
        var constraints = new Constraints();
        constraints.Required("encryptionType", type is not null);
        constraints.OneOf(type, "encryptionType", "NONE", "KMS");
        constraints.Required("keyId", key is not null);
        constraints.Length(key, "keyId", 1, 2_048);
        constraints.ThrowIfAny();
        return (type!, key!);
    }

    private static void Execute(OperationCall call, string? key)
    {
        var stream = call.Stream();
        lock (stream.Gate)
        {
            Reshard.Require(stream);
            stream.KmsKeyId = key;
            Reshard.Start(stream, []);
        }
    }
}
