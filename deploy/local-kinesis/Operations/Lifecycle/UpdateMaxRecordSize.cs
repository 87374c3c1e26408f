using Orleans.Kpl.LocalKinesis.Resharding;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Lifecycle;

/// <summary>How large a record of a stream may be, 1 to 10 MiB.</summary>
internal static class UpdateMaxRecordSize
{
    public static void Execute(OperationCall call)
    {
        var most = call.Store.Settings.Options.Sizes.MaxRecordBytes;
        if (most == SizeLimits.DefaultRecordBytes) throw OperationTable.Unknown(OperationTable.Prefix + "UpdateMaxRecordSize");
        var kiB = call.Fields.Int("MaxRecordSizeInKiB");
        var constraints = new Constraints();
        constraints.Required("maxRecordSizeInKiB", kiB is not null);
        constraints.Range(kiB, "maxRecordSizeInKiB", SizeLimits.DefaultRecordBytes / 1024, most / 1024);
        constraints.ThrowIfAny();
        var stream = call.StreamOfArn("StreamARN");
        Reshard.Require(stream);
        stream.MaxRecordBytes = kiB!.Value * 1024;
    }
}
