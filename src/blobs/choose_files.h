// Which files of a repository a reference asks for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "blobs/hub_listing.h"
#include "blobs/reference.h"

namespace vidbench::blobs {

// The component folders that a pipeline's model_index.json names, sorted. Throws Error(kInput) "<origin>: …"
// for another form.
[[nodiscard]] std::vector<std::string> read_components(std::string_view model_index,
                                                       const std::string& origin);

// Of a pipeline (`components` are its folders): model_index.json and what lies in those folders, of weights
// the variant where a folder has it, else the usual ones. Of another repository: all but documents, pictures
// and videos, and weights of other frameworks. Of weights that are there twice the safetensors file, never
// its pickled twin. With a path that file, or what of the folder would be chosen. Empty when nothing is left.
[[nodiscard]] std::vector<HubFile> choose_files(const HubListing& listing, const Reference& reference,
                                                const std::vector<std::string>& components);

}  // namespace vidbench::blobs
