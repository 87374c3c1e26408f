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
}

/// <summary>Writes and reads one type as JSON.</summary>
internal abstract class AdminConverter<T>(JsonTypeInfo<T> type) : IConverter<T, AdminSurrogate>
{
    public T ConvertFromSurrogate(in AdminSurrogate surrogate) => AdminJson.Read(surrogate.Json ?? "null", type);

    public AdminSurrogate ConvertToSurrogate(in T value) => new() { Json = JsonSerializer.Serialize(value, type) };
}

[RegisterConverter] internal sealed class StreamOverviewConverter() : AdminConverter<StreamOverview>(AdminJson.Default.StreamOverview);
[RegisterConverter] internal sealed class ShardPlanConverter() : AdminConverter<ShardPlan>(AdminJson.Default.ShardPlan);
[RegisterConverter] internal sealed class StartedOperationConverter() : AdminConverter<StartedOperation>(AdminJson.Default.StartedOperation);
[RegisterConverter] internal sealed class StreamOperationConverter() : AdminConverter<StreamOperation>(AdminJson.Default.StreamOperation);
[RegisterConverter] internal sealed class ScalingOptionsConverter() : AdminConverter<ScalingOptions>(AdminJson.Default.ScalingOptions);
[RegisterConverter] internal sealed class StreamCapacityConverter() : AdminConverter<StreamCapacity>(AdminJson.Default.StreamCapacity);
[RegisterConverter] internal sealed class CapacityChangeConverter() : AdminConverter<CapacityChange>(AdminJson.Default.CapacityChange);
[RegisterConverter] internal sealed class CapacityPlanConverter() : AdminConverter<CapacityPlan>(AdminJson.Default.CapacityPlan);
[RegisterConverter] internal sealed class StreamLoadConverter() : AdminConverter<StreamLoad>(AdminJson.Default.StreamLoad);
[RegisterConverter] internal sealed class StreamHeatConverter() : AdminConverter<StreamHeat>(AdminJson.Default.StreamHeat);
[RegisterConverter] internal sealed class LastNumbersConverter() : AdminConverter<LastNumbers>(AdminJson.Default.LastNumbers);
[RegisterConverter] internal sealed class StreamBooksConverter() : AdminConverter<StreamBooks>(AdminJson.Default.StreamBooks);
[RegisterConverter] internal sealed class FailedRecordPageConverter() : AdminConverter<FailedRecordPage>(AdminJson.Default.FailedRecordPage);
[RegisterConverter] internal sealed class RecordExplanationConverter() : AdminConverter<RecordExplanation>(AdminJson.Default.RecordExplanation);
[RegisterCopier] internal sealed class FailedRecordPageCopier : ShallowCopier<FailedRecordPage>;
[RegisterCopier] internal sealed class RecordExplanationCopier : ShallowCopier<RecordExplanation>;
[RegisterCopier] internal sealed class StreamOverviewCopier : ShallowCopier<StreamOverview>;
[RegisterCopier] internal sealed class ShardPlanCopier : ShallowCopier<ShardPlan>;
[RegisterCopier] internal sealed class StartedOperationCopier : ShallowCopier<StartedOperation>;
[RegisterCopier] internal sealed class StreamOperationCopier : ShallowCopier<StreamOperation>;
[RegisterCopier] internal sealed class ScalingOptionsCopier : ShallowCopier<ScalingOptions>;
[RegisterCopier] internal sealed class StreamCapacityCopier : ShallowCopier<StreamCapacity>;
[RegisterCopier] internal sealed class CapacityChangeCopier : ShallowCopier<CapacityChange>;
[RegisterCopier] internal sealed class CapacityPlanCopier : ShallowCopier<CapacityPlan>;
[RegisterCopier] internal sealed class StreamLoadCopier : ShallowCopier<StreamLoad>;
[RegisterCopier] internal sealed class StreamHeatCopier : ShallowCopier<StreamHeat>;
[RegisterCopier] internal sealed class LastNumbersCopier : ShallowCopier<LastNumbers>;
[RegisterCopier] internal sealed class StreamBooksCopier : ShallowCopier<StreamBooks>;
