using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orleans.Kpl.Administration;
using Orleans.Serialization.Cloning;

namespace Orleans.Kpl.Surrogates;

/// <summary>
/// Serializes data about shards as the JSON that HTTP and the stored rows also use. It is requested by people and once a minute, and
/// its members grow over time.
/// </summary>
[GenerateSerializer, Alias("Orleans.Kpl.AdminText")]
internal struct AdminSurrogate
{
    [Id(0)] public string? Json;

    public static AdminSurrogate Of<T>(T value, JsonTypeInfo<T> type) => new() { Json = JsonSerializer.Serialize(value, type) };

    public readonly T Read<T>(JsonTypeInfo<T> type) => AdminJson.Read(Json ?? "null", type);
}

[RegisterConverter]
internal sealed class StreamOverviewConverter : IConverter<StreamOverview, AdminSurrogate>
{
    public StreamOverview ConvertFromSurrogate(in AdminSurrogate surrogate) => surrogate.Read(AdminJson.Default.StreamOverview);

    public AdminSurrogate ConvertToSurrogate(in StreamOverview value) => AdminSurrogate.Of(value, AdminJson.Default.StreamOverview);
}

[RegisterConverter]
internal sealed class ShardPlanConverter : IConverter<ShardPlan, AdminSurrogate>
{
    public ShardPlan ConvertFromSurrogate(in AdminSurrogate surrogate) => surrogate.Read(AdminJson.Default.ShardPlan);

    public AdminSurrogate ConvertToSurrogate(in ShardPlan value) => AdminSurrogate.Of(value, AdminJson.Default.ShardPlan);
}

[RegisterConverter]
internal sealed class StartedOperationConverter : IConverter<StartedOperation, AdminSurrogate>
{
    public StartedOperation ConvertFromSurrogate(in AdminSurrogate surrogate) => surrogate.Read(AdminJson.Default.StartedOperation);

    public AdminSurrogate ConvertToSurrogate(in StartedOperation value) => AdminSurrogate.Of(value, AdminJson.Default.StartedOperation);
}

[RegisterConverter]
internal sealed class StreamOperationConverter : IConverter<StreamOperation, AdminSurrogate>
{
    public StreamOperation ConvertFromSurrogate(in AdminSurrogate surrogate) => surrogate.Read(AdminJson.Default.StreamOperation);

    public AdminSurrogate ConvertToSurrogate(in StreamOperation value) => AdminSurrogate.Of(value, AdminJson.Default.StreamOperation);
}

[RegisterConverter]
internal sealed class ScalingOptionsConverter : IConverter<ScalingOptions, AdminSurrogate>
{
    public ScalingOptions ConvertFromSurrogate(in AdminSurrogate surrogate) => surrogate.Read(AdminJson.Default.ScalingOptions);

    public AdminSurrogate ConvertToSurrogate(in ScalingOptions value) => AdminSurrogate.Of(value, AdminJson.Default.ScalingOptions);
}

[RegisterConverter]
internal sealed class StreamBooksConverter : IConverter<StreamBooks, AdminSurrogate>
{
    public StreamBooks ConvertFromSurrogate(in AdminSurrogate surrogate) => surrogate.Read(AdminJson.Default.StreamBooks);

    public AdminSurrogate ConvertToSurrogate(in StreamBooks value) => AdminSurrogate.Of(value, AdminJson.Default.StreamBooks);
}

[RegisterConverter]
internal sealed class FailedRecordPageConverter : IConverter<FailedRecordPage, AdminSurrogate>
{
    public FailedRecordPage ConvertFromSurrogate(in AdminSurrogate surrogate) => surrogate.Read(AdminJson.Default.FailedRecordPage);

    public AdminSurrogate ConvertToSurrogate(in FailedRecordPage value) => AdminSurrogate.Of(value, AdminJson.Default.FailedRecordPage);
}

[RegisterConverter]
internal sealed class RecordExplanationConverter : IConverter<RecordExplanation, AdminSurrogate>
{
    public RecordExplanation ConvertFromSurrogate(in AdminSurrogate surrogate) => surrogate.Read(AdminJson.Default.RecordExplanation);

    public AdminSurrogate ConvertToSurrogate(in RecordExplanation value) => AdminSurrogate.Of(value, AdminJson.Default.RecordExplanation);
}

[RegisterCopier]
internal sealed class FailedRecordPageCopier : ShallowCopier<FailedRecordPage>;

[RegisterCopier]
internal sealed class RecordExplanationCopier : ShallowCopier<RecordExplanation>;

[RegisterCopier]
internal sealed class StreamOverviewCopier : ShallowCopier<StreamOverview>;

[RegisterCopier]
internal sealed class ShardPlanCopier : ShallowCopier<ShardPlan>;

[RegisterCopier]
internal sealed class StartedOperationCopier : ShallowCopier<StartedOperation>;

[RegisterCopier]
internal sealed class StreamOperationCopier : ShallowCopier<StreamOperation>;

[RegisterCopier]
internal sealed class ScalingOptionsCopier : ShallowCopier<ScalingOptions>;

[RegisterCopier]
internal sealed class StreamBooksCopier : ShallowCopier<StreamBooks>;
