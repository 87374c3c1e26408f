namespace Orleans.Kpl.Pipeline.Kinesis;

/// <summary>Makes the targets of streams.</summary>
internal static class StreamTargets
{
    extension(StreamTarget)
    {
        /// <summary>Creates the target of a stream from its settings.</summary>
        public static StreamTarget Of(string stream, StreamOptions settings) =>
            new(stream, settings.RoleArn, settings.RequestTimeout, settings.Ordered != OrderedMode.Off, settings.WireFormat)
            {
                RoleExternalId = settings.RoleExternalId,
                RoleSessionName = settings.RoleSessionName,
                Credentials = settings.Credentials,
            };
    }
}
